import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Postgres
import Tariff

/// A one-time tag that an app shows as a picture, and a station's scanner presents as a tag (api.md 2.2.10).
struct StartToken: Equatable, Sendable {
    static let life: TimeInterval = 300

    let text: String

    static func made() -> StartToken {
        StartToken(text: String(RandomText.deviceToken().prefix(20)).uppercased())
    }
}

/// How it stands with one.
struct StartTokenRow: JoinedRow, Equatable, Sendable {
    var digest: Octets
    var createdAt: Date
    var expiresAt: Date
    var isUsed: Bool
    var session: Int64?

    static let columns = """
        token.token_digest, token.created_at, token.expires_at, used.token_digest IS NOT NULL, used.session_id
        """

    static let relations: SQL = """
        FROM accounts.start_token AS token
        LEFT JOIN gateway_view.used_token AS used ON used.token_digest = token.token_digest
        """

    init(_ cells: inout Cells) throws {
        digest = try cells.next()
        createdAt = try cells.next()
        expiresAt = try cells.next()
        isUsed = try cells.next()
        session = try cells.next()
    }

    func status(at now: Date) -> StartTokenBody.Status {
        if isUsed { return .used }
        return expiresAt > now ? .waiting : .expired
    }
}

struct StartTokenBody: Codable, Equatable, Sendable {
    enum Status: String, Codable, CaseIterable, Sendable {
        case waiting, used, expired
    }

    var status: Status
    @OrNull var charging_id: Int64?
}

struct NewStartTokenBody: Codable, Equatable, Sendable {
    var qr_token: String
    var expires_at: Date
    var image_svg: String
}

extension SQL {
    fileprivate static func digest(of token: StartToken) -> SQL {
        "sha256(convert_to(\(token.text), 'UTF8'))"
    }
}

extension Query where Result == Void {
    static func enter(_ token: StartToken, of user: Int64, at now: Date, until end: Date) -> Self {
        """
        INSERT INTO accounts.start_token (token_digest, user_id, created_at, expires_at)
        VALUES (\(SQL.digest(of: token)), \(user), \(now), \(end))
        """
    }

    /// Its session's beginning has been said.
    static func told(_ token: StartTokenRow, at now: Date) -> Self {
        "UPDATE accounts.start_token SET told_at = \(now) WHERE token_digest = \(token.digest)"
    }
}

extension Query where Result == RowCount {
    /// Kept for a day beyond: a station may tell late what it began offline.
    static func forgetStartTokens(endedBefore limit: Date) -> Self {
        "DELETE FROM accounts.start_token WHERE expires_at < \(limit)"
    }
}

extension Query where Result == StartTokenRow? {
    static func startToken(_ token: StartToken, of user: Int64) -> Self {
        """
        \(rows: StartTokenRow.self)
        WHERE token.token_digest = \(SQL.digest(of: token)) AND token.user_id = \(user)
        """
    }

    static func startToken(_ known: StartTokenRow) -> Self {
        """
        \(rows: StartTokenRow.self)
        WHERE token.token_digest = \(known.digest)
        """
    }

    /// The newest of somebody that waits for a scanner, or whose session they have not heard of.
    static func openToken(of user: Int64, at now: Date) -> Self {
        """
        \(rows: StartTokenRow.self)
        WHERE token.user_id = \(user) AND token.expires_at > \(now) AND token.told_at IS NULL
        ORDER BY token.created_at DESC, token.token_digest
        LIMIT 1
        """
    }
}

/// What a start of somebody would be paid from.
struct Means: Row, Sendable {
    var balance: Int64
    var cards: [String]
    var failures: [Int32]

    static let columns = """
        coalesce((SELECT balance FROM billing_view.balance WHERE user_id = driver.id), 0),
        coalesce(array_agg(coalesce(to_char(card.expires_on, 'MM/YY'), '') ORDER BY card.method_id)
            FILTER (WHERE card.method_id IS NOT NULL), '{}'),
        coalesce(array_agg(card.fail_count ORDER BY card.method_id) FILTER (WHERE card.method_id IS NOT NULL), '{}')
        """

    init(_ cells: inout Cells) throws {
        balance = try cells.next()
        cards = try cells.next()
        failures = try cells.next()
    }

    /// A balance above nothing, or a card that a start would take (api.md 5.2).
    func suffice(at now: Date) -> Bool {
        balance > 0
            || zip(cards, failures).contains { expiry, failures in
                PaymentCard(identifier: "", expiry: .init(expiry), failures: Int(failures)).obstacle(at: now)
                    == nil
            }
    }
}

extension Query where Result == Means {
    static func means(of user: Int64) -> Self {
        """
        SELECT \(columns: Means.self)
        FROM accounts.account AS driver
        LEFT JOIN billing_view.card AS card ON card.user_id = driver.id
        WHERE driver.id = \(user)
        GROUP BY driver.id
        """
    }
}
