package import Contracts
package import Core
import FoundationEssentials
package import HTTP
package import Postgres

/// Answers under their idempotency keys, in the service's own table: money must not move twice because Redis was lost.
package struct KeptAnswers: IdempotencyStore {
    private let database: Database
    private let schema: StaticString
    private let clock: Clock

    /// Longer than any request may take: a first request that is silent for so long has died with its process.
    private static let longestRequest: TimeInterval = 60
    /// Keys live for a day (api.md 1.9).
    static let life: TimeInterval = 86_400

    package init(_ database: Database, of service: Service, clock: Clock) {
        self.database = database
        self.clock = clock
        schema = service.schema
    }

    package func begin(_ use: IdempotentUse) async throws -> IdempotentOutcome {
        let now = clock.now
        let taken = try await database.run(take(use, at: now))
        if taken.count == 1 { return .first }
        guard let kept = try await database.run(look(use)) else { return .running }
        guard kept.bodyDigest == use.bodyDigest else { return .other }
        guard let status = kept.status else { return .running }
        return .answered(
            StoredAnswer(status: Int(status), contentType: kept.contentType, body: kept.body ?? ""))
    }

    package func finish(_ use: IdempotentUse, _ answer: StoredAnswer) async throws {
        let query: Query<Void> = """
            UPDATE \(raw: schema).idempotency_key
            SET status = \(Int16(clamping: answer.status)), content_type = \(answer.contentType as String?), body = \(answer.body)
            WHERE user_id = \(use.user) AND route = \(use.route) AND key = \(use.key)
            """
        try await database.run(query)
    }

    package func abandon(_ use: IdempotentUse) async throws {
        let query: Query<Void> = """
            DELETE FROM \(raw: schema).idempotency_key
            WHERE user_id = \(use.user) AND route = \(use.route) AND key = \(use.key) AND status IS NULL
            """
        try await database.run(query)
    }

    /// Forgets what is older than a day. Answers how many were forgotten.
    package func forgetOld() async throws -> Int {
        let limit = clock.now - Self.life
        let query: Query<RowCount> = """
            DELETE FROM \(raw: schema).idempotency_key WHERE created_at < \(limit)
            """
        return try await database.run(query).count
    }

    /// One row when the key is ours now: never seen, older than a day, or left behind by a process that died.
    private func take(_ use: IdempotentUse, at now: Date) -> Query<RowCount> {
        """
        INSERT INTO \(raw: schema).idempotency_key AS kept (user_id, route, key, body_digest, created_at)
        VALUES (\(use.user), \(use.route), \(use.key), \(use.bodyDigest), \(now))
        ON CONFLICT (user_id, route, key) DO UPDATE
        SET body_digest = excluded.body_digest, status = NULL, content_type = NULL, body = NULL,
            created_at = excluded.created_at
        WHERE kept.created_at < \(now - Self.life)
            OR (kept.status IS NULL AND kept.created_at < \(now - Self.longestRequest))
        """
    }

    private func look(_ use: IdempotentUse) -> Query<Kept?> {
        """
        SELECT \(columns: Kept.self) FROM \(raw: schema).idempotency_key
        WHERE user_id = \(use.user) AND route = \(use.route) AND key = \(use.key)
        """
    }
}

private struct Kept: Row {
    var bodyDigest: String
    var status: Int16?
    var contentType: String?
    var body: String?

    static let columns = "body_digest, status, content_type, body"

    init(_ cells: inout Cells) throws {
        bodyDigest = try cells.next()
        status = try cells.next()
        contentType = try cells.next()
        body = try cells.next()
    }
}

extension Service {
    /// The schema's name as SQL may be put together with it.
    package var schema: StaticString {
        switch self {
        case .gateway: "gateway"
        case .accounts: "accounts"
        case .billing: "billing"
        case .reporting: "reporting"
        }
    }
}
