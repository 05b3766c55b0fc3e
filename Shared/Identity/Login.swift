import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Postgres

/// A login session and the account behind it, as they are at this moment.
struct Login: Row, Equatable {
    var id: ID<LoginSession>
    var user: ID<User>
    var role: Role
    var accessLevel: Int
    var isActive: Bool
    var isRevoked: Bool
    /// The end of the refresh family, or of the time that a device token may lie unused.
    var expires: Date
    var lastUsed: Date

    static let columns =
        "login_session_id, user_id, role, access_level, is_active, is_revoked, expires_at, last_used_at"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        user = try cells.next()
        role = try cells.next()
        accessLevel = try cells.next()
        isActive = try cells.next()
        isRevoked = try cells.next()
        expires = try cells.next()
        lastUsed = try cells.next()
    }

    /// Everything that a login can lack. Whoever has lost it logs in again, for whatever reason it is gone.
    func caller(at now: Date) throws(IdentityRefusal) -> Caller {
        guard !isRevoked, isActive, now < expires else { throw .revoked }
        return Caller(user: user.number, role: role, accessLevel: accessLevel, loginSession: id.number)
    }
}

// Here, where Postgres and HTTP first meet: a role is stored by its word.
extension Role: QueryResult, RowDecodable, PostgresValue {}

extension Query where Result == Login? {
    static func login(_ session: ID<LoginSession>) -> Self {
        "SELECT \(columns: Login.self) FROM accounts_view.login WHERE login_session_id = \(session)"
    }

    static func login(deviceTokenDigest digest: [UInt8]) -> Self {
        "SELECT \(columns: Login.self) FROM accounts_view.login WHERE device_token_digest = \(Octets(digest))"
    }
}

/// A key that signs access tokens or did so until a little while ago.
struct PublishedKey: Row {
    var kid: String
    var bytes: [UInt8]

    static let columns = "kid, public_key"

    init(_ cells: inout Cells) throws {
        kid = try cells.next()
        bytes = try cells.next(Octets.self).bytes
    }
}

extension Query where Result == [PublishedKey] {
    /// Some few; more would be a mistake of accounts, and no reason to read a table without end.
    static var publishedKeys: Self {
        "SELECT \(columns: PublishedKey.self) FROM accounts_view.signing_key ORDER BY kid LIMIT 64"
    }
}
