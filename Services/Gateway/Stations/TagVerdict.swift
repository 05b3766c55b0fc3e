import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres

/// A tag as a station presents it: what stands before a colon is where it comes from, the rest is compared in upper case.
struct PresentedTag: Equatable, Sendable {
    let source: String?
    let word: String

    init(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, !parts[1].isEmpty {
            source = String(parts[0])
            word = parts[1].uppercased()
        } else {
            source = nil
            word = text.uppercased()
        }
    }

    /// Whether it may be a one-time tag: 20 hexadecimal digits.
    var isToken: Bool {
        word.utf8.count == 20
            && word.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x46).contains($0) }
    }
}

/// Whether a tag may charge at a point, and whose it is.
struct TagVerdict: Equatable, Sendable {
    var status: V16.AuthorizationStatus
    var user: ID<User>?
    var expires: Date?
    var parent: String?
    /// One that is shown once, and begins one session.
    var isOneTime = false

    var info: V16.IdTagInfo {
        .init(
            expiryDate: expires.map { Timestamp($0) }, parentIdTag: parent.flatMap { Bounded($0) },
            status: status)
    }
}

/// A tag with what decides about it at one charge point.
struct TagFacts: Row, Equatable, Sendable {
    var user: ID<User>?
    var isEnabled: Bool
    var expires: Date?
    var parent: String?
    var isUserActive: Bool
    var seesPoint: Bool

    static let columns = """
        tag.user_id, tag.is_enabled, tag.expires_at, tag.parent_tag, coalesce(driver.is_active, false), \(seesPoint)
        """

    /// Of a `driver` at a `point`.
    fileprivate static let seesPoint = """
        coalesce(driver.role <> 'user' OR driver.access_level >= point.access_level OR point.owner_id = driver.user_id
            OR EXISTS (
                SELECT FROM accounts_view.access_grant AS share
                WHERE share.charge_point_id = point.charge_point_id AND share.user_id = driver.user_id
                    AND (share.expires_at IS NULL OR share.expires_at > now())
            ), false)
        """

    init(_ cells: inout Cells) throws {
        user = try cells.next()
        isEnabled = try cells.next()
        expires = try cells.next()
        parent = try cells.next()
        isUserActive = try cells.next()
        seesPoint = try cells.next()
    }

    /// The rules of api.md 5.3, in their order.
    func verdict(at now: Date) -> TagVerdict {
        TagVerdict(status: status(at: now), user: user, expires: expires, parent: parent)
    }

    private func status(at now: Date) -> V16.AuthorizationStatus {
        guard user != nil else { return isEnabled ? .accepted : .invalid }
        guard isEnabled, isUserActive else { return .blocked }
        if let expires, expires <= now { return .expired }
        return seesPoint ? .accepted : .blocked
    }
}

extension Query where Result == TagFacts? {
    static func tag(_ word: String, at point: ChargePointID) -> Self {
        """
        SELECT \(columns: TagFacts.self)
        FROM accounts_view.tag AS tag
        LEFT JOIN accounts_view.account AS driver ON driver.user_id = tag.user_id
        LEFT JOIN accounts_view.charge_point AS point ON point.charge_point_id = \(point.text)
        WHERE tag.tag = \(word)
        """
    }
}

/// A one-time tag with what decides about it at one charge point.
struct StartTokenFacts: Row, Equatable, Sendable {
    var user: ID<User>
    var expires: Date
    var isUsed: Bool
    var isUserActive: Bool
    var seesPoint: Bool

    static let columns = """
        token.user_id, token.expires_at, used.token_digest IS NOT NULL, coalesce(driver.is_active, false),
        \(TagFacts.seesPoint)
        """

    init(_ cells: inout Cells) throws {
        user = try cells.next()
        expires = try cells.next()
        isUsed = try cells.next()
        isUserActive = try cells.next()
        seesPoint = try cells.next()
    }

    /// A second use or a later one is as good as an unknown tag (api.md 2.2.10).
    ///
    /// - Parameter moment: when it was presented.
    func verdict(at moment: Date) -> TagVerdict {
        let status: V16.AuthorizationStatus =
            isUsed || expires <= moment ? .invalid : isUserActive && seesPoint ? .accepted : .blocked
        return TagVerdict(status: status, user: user, expires: expires, isOneTime: true)
    }
}

extension SQL {
    fileprivate static func digest(of word: String) -> SQL { "sha256(convert_to(\(word), 'UTF8'))" }
}

extension Query where Result == StartTokenFacts? {
    fileprivate static func startToken(_ word: String, at point: ChargePointID) -> Self {
        """
        SELECT \(columns: StartTokenFacts.self)
        FROM accounts_view.start_token AS token
        LEFT JOIN gateway.used_token AS used ON used.token_digest = token.token_digest
        LEFT JOIN accounts_view.account AS driver ON driver.user_id = token.user_id
        LEFT JOIN accounts_view.charge_point AS point ON point.charge_point_id = \(point.text)
        WHERE token.token_digest = \(SQL.digest(of: word))
        """
    }
}

extension Query where Result == RowCount {
    /// No row when another start had it first: it waits for the other's transaction.
    static func useToken(_ word: String, at now: Date) -> Self {
        """
        INSERT INTO gateway.used_token (token_digest, used_at) VALUES (\(SQL.digest(of: word)), \(now))
        ON CONFLICT (token_digest) DO NOTHING
        """
    }
}

extension Query where Result == Void {
    static func noteUse(ofToken word: String, by session: ID<ChargingSession>) -> Self {
        "UPDATE gateway.used_token SET session_id = \(session) WHERE token_digest = \(SQL.digest(of: word))"
    }
}

extension Query where Result == Bool {
    static func isCharging(tag: String, elsewhereThan point: ChargePointID) -> Self {
        """
        SELECT EXISTS (
            SELECT FROM gateway.session
            WHERE tag = \(tag) AND NOT is_finished AND charge_point_id <> \(point.text)
        )
        """
    }
}

extension Gateway {
    /// An unknown tag is told to accounts once, however often it is shown.
    ///
    /// - Parameter shown: when, where that is earlier than now.
    func judge(_ tag: PresentedTag, at link: StationLink, _ now: Date, shown: Date? = nil) async throws
        -> TagVerdict
    {
        guard link.station.isEnabled else { return TagVerdict(status: .blocked) }
        if let facts = try await host.database.run(.tag(tag.word, at: link.id)) {
            return facts.verdict(at: now)
        }
        if tag.isToken, let facts = try await host.database.run(.startToken(tag.word, at: link.id)) {
            return facts.verdict(at: min(shown ?? now, now))
        }
        try await report(tag: tag, at: link.id)
        return TagVerdict(status: settings.acceptsUnknownTags ? .accepted : .invalid)
    }
}
