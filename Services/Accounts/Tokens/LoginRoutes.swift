import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// A login as its owner sees it (api.md 4.1).
struct LoginBody: Codable, Sendable {
    var id: Int64
    var kind: String
    var ip_address: String
    var user_agent: String
    var created_at: Date
    var last_used_at: Date
    var expires_at: Date
    var current: Bool
}

/// One attempt to log in, or what else became of a login (api.md 4.1).
struct LoginEventBody: Codable, Sendable {
    var id: Int64
    @OrNull var user_id: Int64?
    var username: String
    var timestamp: Date
    var ip_address: String
    var user_agent: String
    var action: String
}

struct LoginHistoryQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var user_id: Int64?
    var action: LoginAction?
}

typealias LoginPath = ByID<LoginSession>

extension Accounts {
    /// What people see of their logins, and how they end one.
    @RouteTable var loginRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/users/me/sessions", listLogins).failing("Failed to get sessions")
            .summary("Where the caller is logged in").needs(.user)
        Route(.delete, "/api/v1/users/me/sessions/:id", endLogin).failing("Failed to end session")
            .summary("End one login of the caller's").needs(.user)
        Route(.delete, "/api/v1/users/:id/sessions", endLogins).failing("Failed to end sessions")
            .summary("End all logins of an account").needs(.admin)
        Route(.get, "/api/v1/users/me/login-history", listOwnHistory).failing("Failed to get login history")
            .summary("The caller's logins and attempts").needs(.user)
        Route(.get, "/api/v1/users/:id/login-history", listHistory).failing("Failed to get login history")
            .summary("Logins and attempts of an account").needs(.admin)
        Route(.get, "/api/v1/users/login-history", listAllHistory).failing("Failed to get login history")
            .summary("All logins and attempts").needs(.admin)
    }

    func listLogins(_ call: Call<None, PageQuery, None>) async throws -> PagedList<LoginBody> {
        let (host, caller, now) = (host, call.identified, host.clock.now)
        let (user, current) = (ID<User>(caller.user), ID<LoginSession>(caller.loginSession))
        return try await PagedList(call.query) {
            try await host.cache.remembered(.sessionData, "count", for: caller, about: caller.user) {
                Int(try await host.database.run(.countLogins(of: user, at: now)))
            }
        } rows: { cut in
            let key = "logins \(current) \(cut.limit) \(cut.offset) \(cut.order.rawValue)"
            return try await host.cache.remembered(.sessionData, key, for: caller, about: caller.user) {
                try await host.database.run(.logins(of: user, at: now, cut)).map { $0.body(current: current) }
            }
        }
    }

    func endLogin(_ call: Call<LoginPath, None, None>) async throws -> NoContent {
        let (id, caller) = (call.path.id, call.identified)
        let ended = try await end(.oneOf(ID(caller.user), id), "logout", by: caller, call.request)
        guard ended > 0 else { throw AccountsRefusal.noSuchLogin }
        return NoContent()
    }

    func endLogins(_ call: Call<UserPath, None, None>) async throws -> NoContent {
        let id = try await account(call.path.id).id
        _ = try await end(.all(of: id), "logout", by: call.identified, call.request)
        return NoContent()
    }

    private func end(
        _ selection: LoginSelection, _ action: String, by caller: Caller, _ request: Request
    ) async throws -> Int {
        let host = host
        let events = try await host.database.transaction { transaction in
            let now = host.clock.now
            let events = try await transaction.endLogins(selection, at: now)
            for event in events {
                try await transaction.run(
                    .record(
                        AuditEntry(
                            action, by: caller.user, ["login_session": .integer(event.login.number)],
                            from: request),
                        in: .accounts, at: now))
            }
            return events
        }
        await tell(events)
        return events.count
    }

    func listOwnHistory(_ call: Call<None, PageQuery, None>) async throws -> PagedList<LoginEventBody> {
        try await history(LoginEventFilter(user: ID(call.identified.user)), call.query)
    }

    func listHistory(_ call: Call<UserPath, PageQuery, None>) async throws -> PagedList<LoginEventBody> {
        try await history(LoginEventFilter(user: try await account(call.path.id).id), call.query)
    }

    func listAllHistory(
        _ call: Call<None, LoginHistoryQuery, None>
    ) async throws -> PagedList<LoginEventBody> {
        let user: ID<User>? = call.query.user_id.map { ID($0) }
        return try await history(LoginEventFilter(user: user, action: call.query.action), call.query)
    }

    private func history(
        _ filter: LoginEventFilter, _ query: some PageParameters
    ) async throws -> PagedList<LoginEventBody> {
        let database = host.database
        return try await PagedList(query) {
            Int(try await database.run(.countLoginEvents(filter)))
        } rows: { cut in
            try await database.run(.loginEvents(filter, cut))
        }
    }
}

struct LoginRow: Row, Sendable {
    var id: ID<LoginSession>
    var kind: String
    var address: String
    var agent: String
    var createdAt: Date
    var lastUsedAt: Date
    var expiresAt: Date

    static let columns = "id, kind, ip_address, user_agent, created_at, last_used_at, expires_at"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        kind = try cells.next()
        address = try cells.next()
        agent = try cells.next()
        createdAt = try cells.next()
        lastUsedAt = try cells.next()
        expiresAt = try cells.next()
    }

    func body(current: ID<LoginSession>) -> LoginBody {
        LoginBody(
            id: id.number, kind: kind, ip_address: address, user_agent: agent, created_at: createdAt,
            last_used_at: lastUsedAt, expires_at: expiresAt, current: id == current)
    }
}

extension Query where Result == [LoginRow] {
    fileprivate static func logins(of user: ID<User>, at now: Date, _ cut: Cut) -> Self {
        """
        SELECT \(columns: LoginRow.self) FROM accounts.login_session
        WHERE user_id = \(user) AND revoked_at IS NULL AND expires_at > \(now)
        ORDER BY id \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

/// Which attempts are asked for.
private struct LoginEventFilter: Sendable {
    var user: ID<User>?
    var action: LoginAction?

    var condition: SQL {
        var condition: SQL = "true"
        if let user { condition = "\(condition) AND user_id = \(user)" }
        if let action { condition = "\(condition) AND action = \(action.rawValue)" }
        return condition
    }
}

extension LoginEventBody: RowDecodable {
    init(_ cells: inout Cells) throws {
        id = try cells.next()
        _user_id = OrNull(wrappedValue: try cells.next())
        username = try cells.next()
        timestamp = try cells.next()
        ip_address = try cells.next()
        user_agent = try cells.next()
        action = try cells.next()
    }
}

extension Query where Result == [LoginEventBody] {
    fileprivate static func loginEvents(_ filter: LoginEventFilter, _ cut: Cut) -> Self {
        """
        SELECT id, user_id, username, happened_at, ip_address, user_agent, action FROM accounts.login_event
        WHERE \(filter.condition)
        ORDER BY id \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == Int64 {
    fileprivate static func countLogins(of user: ID<User>, at now: Date) -> Self {
        """
        SELECT count(*) FROM accounts.login_session
        WHERE user_id = \(user) AND revoked_at IS NULL AND expires_at > \(now)
        """
    }

    fileprivate static func countLoginEvents(_ filter: LoginEventFilter) -> Self {
        "SELECT count(*) FROM accounts.login_event WHERE \(filter.condition)"
    }
}
