import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// Where a login comes from.
struct LoginOrigin: Sendable {
    let address: String
    let agent: String
    let request: String

    /// A user agent is for people to recognise a device by; what is longer than that is cut.
    init(_ request: Request) {
        address = request.client
        agent = String((request.headers["User-Agent"] ?? "").prefix(255))
        self.request = request.id
    }

    /// The entry of an act at the login.
    func audit(_ action: String, of user: ID<User>?, _ details: JSONValue = [:]) -> AuditEntry {
        var entry = AuditEntry(action, by: user?.number, details)
        entry.address = address
        entry.request = request
        return entry
    }
}

enum LoginAction: String, Codable, CaseIterable, Sendable {
    case login, logout, refresh, locked
    case failed = "login_failed"
    case reuse = "refresh_reuse"
}

extension Query where Result == ID<LoginSession> {
    static func openDeviceLogin(
        of user: ID<User>, token: String, from origin: LoginOrigin, at now: Date, until end: Date
    ) -> Self {
        """
        INSERT INTO accounts.login_session (user_id, kind, device_token_digest, ip_address, user_agent, created_at,
            last_used_at, expires_at)
        VALUES (\(user), 'device', \(Octets(SHA256.hash(token))), \(origin.address), \(origin.agent), \(now), \(now),
            \(end))
        RETURNING id
        """
    }

    static func openRefreshLogin(
        of user: ID<User>, from origin: LoginOrigin, at now: Date, until end: Date
    ) -> Self {
        """
        INSERT INTO accounts.login_session (user_id, kind, ip_address, user_agent, created_at, last_used_at, expires_at)
        VALUES (\(user), 'refresh', \(origin.address), \(origin.agent), \(now), \(now), \(end))
        RETURNING id
        """
    }
}

/// A refresh token that was presented, and the login that it belongs to; held until the transaction ends, so that of two
/// uses at once one is the second.
struct PresentedRefresh: Row, Sendable {
    var login: ID<LoginSession>
    var user: ID<User>
    var role: String
    var username: String
    var isRetired: Bool
    var isUsable: Bool

    static let columns = """
        login.id, login.user_id, account.role, account.username, token.retired_at IS NOT NULL,
        login.revoked_at IS NULL AND account.status = 'active' AND account.deleted_at IS NULL
        """

    init(_ cells: inout Cells) throws {
        login = try cells.next()
        user = try cells.next()
        role = try cells.next()
        username = try cells.next()
        isRetired = try cells.next()
        isUsable = try cells.next()
    }
}

extension Query where Result == PresentedRefresh? {
    static func holdRefresh(_ token: String, at now: Date) -> Self {
        """
        SELECT \(columns: PresentedRefresh.self)
        FROM accounts.refresh_token AS token
        JOIN accounts.login_session AS login ON login.id = token.login_session_id
        JOIN accounts.account AS account ON account.id = login.user_id
        WHERE token.digest = \(Octets(SHA256.hash(token))) AND login.expires_at > \(now)
        FOR UPDATE OF token, login
        """
    }
}

extension Query where Result == Void {
    static func enterRefresh(_ token: String, of login: ID<LoginSession>, at now: Date) -> Self {
        """
        INSERT INTO accounts.refresh_token (digest, login_session_id, created_at)
        VALUES (\(Octets(SHA256.hash(token))), \(login), \(now))
        """
    }

    static func retireRefresh(_ token: String, at now: Date) -> Self {
        "UPDATE accounts.refresh_token SET retired_at = \(now) WHERE digest = \(Octets(SHA256.hash(token)))"
    }

    static func noteUse(of login: ID<LoginSession>, at now: Date, deviceIdle: Duration) -> Self {
        """
        UPDATE accounts.login_session
        SET last_used_at = greatest(last_used_at, \(now)),
            expires_at = CASE kind WHEN 'device' THEN greatest(expires_at, \(now) + \(deviceIdle)) ELSE expires_at END
        WHERE id = \(login) AND revoked_at IS NULL AND expires_at > \(now)
        """
    }

    static func tellLogin(
        _ action: LoginAction, of user: ID<User>?, as username: String, from origin: LoginOrigin, at now: Date
    ) -> Self {
        """
        INSERT INTO accounts.login_event (user_id, username, action, ip_address, user_agent, happened_at)
        VALUES (\(user as ID<User>?), \(username), \(action.rawValue), \(origin.address), \(origin.agent), \(now))
        """
    }
}

/// Whose logins end.
enum LoginSelection: Sendable {
    case one(ID<LoginSession>)
    /// One of somebody's own.
    case oneOf(ID<User>, ID<LoginSession>)
    case all(of: ID<User>)
    /// A password changed by its owner keeps the login that changed it.
    case others(of: ID<User>, but: ID<LoginSession>)

    fileprivate var condition: SQL {
        switch self {
        case .one(let login): "id = \(login)"
        case .oneOf(let user, let login): "user_id = \(user) AND id = \(login)"
        case .all(let user): "user_id = \(user)"
        case .others(let user, let kept): "user_id = \(user) AND id <> \(kept)"
        }
    }
}

/// A login that has just been ended.
struct EndedLogin: Row, Sendable {
    var login: ID<LoginSession>
    var user: ID<User>

    static let columns = "id, user_id"

    init(_ cells: inout Cells) throws {
        login = try cells.next()
        user = try cells.next()
    }
}

extension Query where Result == [EndedLogin] {
    static func endLogins(_ selection: LoginSelection, at now: Date) -> Self {
        """
        UPDATE accounts.login_session SET revoked_at = \(now)
        WHERE \(selection.condition) AND revoked_at IS NULL
        RETURNING \(columns: EndedLogin.self)
        """
    }
}
