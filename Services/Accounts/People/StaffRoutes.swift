import Contracts
import Core
import HTTP
import Hosting
import Postgres

/// What staff write of an account in the evsys-compatible family; what is absent stays.
struct EvsysChange: Codable, Sendable {
    var name: Text<0, 255>?
    var email: EmailAddress?
    var password: Verbatim<1, 128>?
    /// Empty for user.
    var role: RoleWord?
    var access_level: Whole<0, 10>?
    var payment_plan: Text<1, 50>?
    var group: Text<0, 50>?
    var warning_emails_enabled: Bool?
    var warning_email: EmailAddress?

    var change: AccountChange {
        var change = AccountChange(
            first_name: .absent, last_name: .absent, phone: .absent, address_line1: .absent, city: .absent,
            postal_code: .absent, country: .absent, date_of_birth: .absent, gender: .absent)
        change.name = name
        change.email = email
        change.password = password
        change.role = role
        change.access_level = access_level
        change.payment_plan = payment_plan
        change.group = group
        return change
    }
}

struct UserQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var role: Role?
    var user_type: UserType?
    var is_active: Bool?
    var q: String?
}

typealias UserPath = ByID<User>

extension Accounts {
    /// Staff and administrators over accounts, and the account under its number.
    @RouteTable var staffRoutes: [GuardedRoute] {
        Route(.put, "/api/v1/users/update/:name", updateUser).failing("Failed to update user")
            .summary("Change an account by its username").needs(.power)
        Route(.delete, "/api/v1/users/delete/:name", deleteUser).failing("Failed to delete user")
            .summary("Delete an account by its username").needs(.power)
        Route(.get, "/api/v1/users", listAccounts).failing("Failed to get users")
            .summary("Accounts by number").needs(.admin)
        Route(.post, "/api/v1/users", enterUser).failing("Failed to create user")
            .summary("A new account, entered by an administrator").needs(.admin)
        Route(.get, "/api/v1/users/:id", showUser).failing("Failed to get user").summary("An account")
            .needs(.user)
        Route(.put, "/api/v1/users/:id", replaceUser).failing("Failed to update user")
            .summary("Write an account anew").needs(.user)
        Route(.patch, "/api/v1/users/:id", changeUser).failing("Failed to update user")
            .summary("Change an account").needs(.user)
        Route(.delete, "/api/v1/users/:id", endUser).failing("Failed to delete user")
            .summary("Delete an account").needs(.user)
        Route(.get, "/api/admin/users", pageUsers).failing("Failed to get users")
            .summary("Accounts, page by page").needs(.admin)
        Route(.get, "/api/user/profile", showOwn).failing("Failed to get user")
            .summary("The caller's account").needs(.user)
        Route(.post, "/api/user/profile/update", changeOwn).failing("Failed to update user")
            .summary("Change the caller's account").needs(.user)
        Route(.put, "/api/user/profile/update", changeOwn).failing("Failed to update user")
            .summary("Change the caller's account").needs(.user)
        Route(.patch, "/api/user/profile/update", changeOwn).failing("Failed to update user")
            .summary("Change the caller's account").needs(.user)
    }

    private func named(_ name: String) async throws -> Account {
        guard let account = try await host.database.run(.account(.username(name))) else {
            throw AccountsRefusal.noSuchUser
        }
        return account
    }

    func updateUser(_ call: Call<NamePath, None, EvsysChange>) async throws -> OK<EvsysUserBody> {
        let account = try await named(call.path.name)
        let verb = ChangeAccount(accounts: self, caller: call.identified, request: call.request)
        let extras = ChangeAccount.Extras(
            rules: .short, warns: call.body.warning_emails_enabled, warningEmail: call.body.warning_email)
        return OK(try await verb.run(call.body.change, of: account.id, extras).evsysBody())
    }

    func deleteUser(_ call: Call<NamePath, None, None>) async throws -> OK<Success> {
        let account = try await named(call.path.name)
        guard account.id.number != call.identified.user else { throw AccountsRefusal.aboutOneself }
        try await EndAccount(accounts: self, caller: call.identified, request: call.request).run(account.id)
        return OK(Success(success: true, message: "User deleted successfully"))
    }

    func listAccounts(_ call: Call<None, UserQuery, None>) async throws -> Listed<UserBody> {
        let (database, currency) = (host.database, host.settings.currency)
        let filter = AccountFilter(call.query)
        return try await Listed(call.query, of: call.request) {
            Int(try await database.run(.countAccounts(filter)))
        } rows: { cut in
            try await database.run(.accounts(filter, limit: cut.limit, offset: cut.offset))
                .map { $0.body(in: currency) }
        }
    }

    func pageUsers(_ call: Call<None, PageQuery, None>) async throws -> PagedList<UserBody> {
        let (database, currency) = (host.database, host.settings.currency)
        return try await PagedList(call.query) {
            Int(try await database.run(.countAccounts(AccountFilter())))
        } rows: { cut in
            try await database.run(
                .accounts(
                    AccountFilter(), limit: cut.limit, offset: cut.offset,
                    descending: cut.order == .descending)
            ).map { $0.body(in: currency) }
        }
    }

    func enterUser(_ call: Call<None, None, AccountChange>) async throws -> Created<UserBody> {
        let body = call.body
        var mistakes = Mistakes()
        if body.email?.text.isEmpty ?? true { mistakes.add("email", "is required") }
        if body.username == nil { mistakes.add("username", "is required") }
        if body.password == nil { mistakes.add("password", "is required") }
        try mistakes.check()
        let username = body.username?.text ?? ""
        if let plan = body.payment_plan?.text { try await checkPlan(plan) }
        let register = RegisterAccount(accounts: self, caller: call.identified, request: call.request)
        let new = NewAccount(username: username, email: body.email?.text ?? "")
        let id = try await register.run(
            new, password: body.password?.text ?? "", rules: .usual, filledBy: body)
        return Created(try await account(id).body(in: host.settings.currency))
    }

    /// Oneself, or anybody for an administrator. Throws: `AccountsRefusal.notAllowed`, whether there is such an account or not.
    func reachable(_ id: ID<User>, by caller: Caller) throws(AccountsRefusal) -> ID<User> {
        guard id.number == caller.user || caller.isAdmin else { throw .notAllowed }
        return id
    }

    func showUser(_ call: Call<UserPath, None, None>) async throws -> OK<UserBody> {
        let id = try reachable(call.path.id, by: call.identified)
        return OK(try await account(id).body(in: host.settings.currency))
    }

    func changeUser(_ call: Call<UserPath, None, AccountChange>) async throws -> OK<UserBody> {
        let id = try reachable(call.path.id, by: call.identified)
        return OK(try await change(id, call.body, by: call.identified, call.request))
    }

    func replaceUser(_ call: Call<UserPath, None, AccountChange>) async throws -> OK<UserBody> {
        let id = try reachable(call.path.id, by: call.identified)
        return OK(try await change(id, try call.body.whole(), by: call.identified, call.request))
    }

    func change(
        _ id: ID<User>, _ sent: AccountChange, by caller: Caller, _ request: Request
    ) async throws -> UserBody {
        var change = caller.isAdmin ? sent : sent.withoutRights
        // Their own one is changed where the old one is asked for.
        if id.number == caller.user { change.password = nil }
        let verb = ChangeAccount(accounts: self, caller: caller, request: request)
        return try await verb.run(change, of: id).body(in: host.settings.currency)
    }

    func endUser(_ call: Call<UserPath, None, None>) async throws -> NoContent {
        let id = try reachable(call.path.id, by: call.identified)
        try await EndAccount(accounts: self, caller: call.identified, request: call.request).run(id)
        return NoContent()
    }
}
