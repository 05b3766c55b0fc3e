import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct InviteInput: Codable, Sendable {
    var count: Whole<1, 100>?
    var expires_in_days: Whole<1, 365>?
}

struct InviteCodes: Codable, Sendable {
    var codes: [String]
}

/// An invitation that nobody has used yet (api.md 2.2.4).
struct InviteBody: Codable, Sendable {
    var code: String
    var created_at: Date
    var created_by: Int64
    var expires_at: Date
}

extension InviteBody: RowDecodable {
    init(_ cells: inout Cells) throws {
        code = try cells.next()
        created_at = try cells.next()
        created_by = try cells.next()
        expires_at = try cells.next()
    }
}

extension Accounts {
    @RouteTable var inviteRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/users/invites", listInvites).failing("Failed to get invites")
            .summary("Invitations that nobody has used").needs(.admin)
        Route(.post, "/api/v1/users/invites", makeInvites).failing("Failed to create invites")
            .summary("New invitations").needs(.admin)
    }

    func listInvites(_ call: Call<None, PageQuery, None>) async throws -> PagedList<InviteBody> {
        let (database, now) = (host.database, host.clock.now)
        return try await PagedList(call.query) {
            Int(try await database.run(.countInvites(at: now)))
        } rows: { cut in
            try await database.run(.invites(at: now, cut))
        }
    }

    func makeInvites(_ call: Call<None, None, InviteInput>) async throws -> Created<InviteCodes> {
        let (host, caller, request) = (host, call.identified, call.request)
        let now = host.clock.now
        let end = now + TimeInterval(call.body.expires_in_days?.number ?? 30) * 86_400
        let codes = (0..<(call.body.count?.number ?? 1)).map { _ in Self.inviteCode() }
        try await host.database.transaction { transaction in
            try await transaction.run(.enterInvites(codes, by: ID(caller.user), at: now, until: end))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "UPDATE_CONFIG", by: caller.user, ["invites": .integer(Int64(codes.count))],
                        from: request),
                    in: .accounts, at: now))
        }
        return Created(InviteCodes(codes: codes))
    }

    /// Ten characters that nobody mistakes for each other.
    private static func inviteCode() -> String {
        let letters = Array("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        return String(SecureRandom.bytes(10).map { letters[Int($0) % letters.count] })
    }
}

extension Query where Result == [InviteBody] {
    fileprivate static func invites(at now: Date, _ cut: Cut) -> Self {
        """
        SELECT code, created_at, created_by, expires_at FROM accounts.invite
        WHERE expires_at > \(now)
        ORDER BY created_at \(cut.direction), code \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == Int64 {
    fileprivate static func countInvites(at now: Date) -> Self {
        "SELECT count(*) FROM accounts.invite WHERE expires_at > \(now)"
    }
}

extension Query where Result == Void {
    fileprivate static func enterInvites(
        _ codes: [String], by user: ID<User>, at now: Date, until end: Date
    ) -> Self {
        """
        INSERT INTO accounts.invite (code, created_by, created_at, expires_at)
        SELECT code, \(user), \(now), \(end) FROM unnest(\(codes)::text[]) AS code
        """
    }
}
