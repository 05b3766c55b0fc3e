import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct EvsysRegisterInput: Codable, Sendable {
    var username: String?
    var password: Verbatim<1, 128>?
    var name: Text<0, 255>?
    var email: String?
    /// The invite code.
    var token: String?
}

struct RegisterInput: Codable, Sendable {
    var username: Text<3, 80>
    var email: Text<3, 254>
    var password: Verbatim<1, 128>
    var confirm_password: Verbatim<1, 128>
    var phone: Text<0, 20>?
    /// The invite code.
    var token: String?
}

struct EvsysCreateInput: Codable, Sendable {
    var username: Text<3, 150>
    var password: Verbatim<1, 128>
    var name: Text<0, 255>?
    var email: String?
    /// `admin`, `operator`, `user`, or empty for user.
    var role: String?
    var access_level: Whole<0, 10>?
    var payment_plan: Text<1, 50>?
    var group: Text<0, 50>?
}

struct NamePath: Codable, Sendable {
    var name: String
}

/// A person with plan, tags and payment methods (api.md 4.1).
struct UserInfoBody: Codable, Sendable {
    var username: String
    var name: String
    var role: Role
    var access_level: Int
    var email: String
    var date_registered: Date
    var last_seen: Date
    var payment_plans: [PlanBody]
    var user_tags: [TagBody]
    var payment_methods: [MethodBody]
}

extension Accounts {
    @RouteTable var userRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/users/register", registerEvsys).failing("Failed to decode user data")
            .summary("A new account with its first device token").limited(by: .credentials)
            .openToAnyCredential
        Route(.post, "/api/auth/register", register).failing("Failed to register").summary("A new account")
            .limited(by: .credentials).openToAnyCredential
        Route(.get, "/api/v1/users/info/:name", showUserInfo).failing("Failed to get user info")
            .summary("A person with plan, tags and payment methods").needs(.user)
        Route(.get, "/api/v1/users/list", listUsers).failing("Failed to get users")
            .summary("Accounts by username").needs(.power)
        Route(.post, "/api/v1/users/create", createUser).failing("Failed to create user")
            .summary("A new account, entered by staff").needs(.power)
        Route(.get, "/api/v1/users/me", showOwn).failing("Failed to get user")
            .summary("The caller's account").needs(.user)
        Route(.patch, "/api/v1/users/me", changeOwn).failing("Failed to update user")
            .summary("Change the caller's account").needs(.user)
        Route(.put, "/api/v1/users/me", replaceOwn).failing("Failed to update user")
            .summary("Replace the caller's account").needs(.user)
        Route(.post, "/api/v1/users/me/password", changePassword).failing("Failed to change password")
            .summary("Change the caller's password").limited(by: .credentials).needs(.user)
    }

    func registerEvsys(_ call: Call<None, None, EvsysRegisterInput>) async throws -> Created<EvsysUserBody> {
        let body = call.body
        let (sentName, sentEmail) = (body.username ?? "", body.email ?? "")
        guard let password = body.password?.text else { throw AccountsRefusal.passwordMissing }
        guard !(sentName.isEmpty && sentEmail.isEmpty) else {
            throw AccountsRefusal.invalid(field: "username", "or email is needed")
        }
        try await call.countAttempt(on: sentName.isEmpty ? sentEmail : sentName)
        let username = sentName.isEmpty ? sentEmail : sentName
        let email = sentEmail.isEmpty && Names.isEmail(sentName) ? sentName : sentEmail
        let register = RegisterAccount(accounts: self, caller: nil, request: call.request)
        let new = NewAccount(username: username, email: email, name: body.name?.text ?? "")
        let id = try await register.run(new, password: password, rules: .short, invite: body.token)
        let account = try await account(id)
        let token = try await LogIn(accounts: self, origin: LoginOrigin(call.request)).device(account)
        return Created(try await self.account(id).evsysBody(token: token))
    }

    func register(_ call: Call<None, None, RegisterInput>) async throws -> Created<UserBody> {
        let body = call.body
        guard Names.isPlainUsername(body.username.text) else {
            throw AccountsRefusal.invalid(field: "username", "must be 3 to 80 letters, digits or _")
        }
        guard body.password.text == body.confirm_password.text else {
            throw AccountsRefusal.invalid(field: "confirm_password", "must equal password")
        }
        try await call.countAttempt(on: body.username.text)
        let phone = body.phone.flatMap { $0.text.isEmpty ? nil : $0.text }
        let new = NewAccount(username: body.username.text, email: body.email.text, phone: phone)
        let register = RegisterAccount(accounts: self, caller: nil, request: call.request)
        let id = try await register.run(new, password: body.password.text, rules: .strong, invite: body.token)
        return Created(try await account(id).body(in: host.settings.currency))
    }

    func createUser(_ call: Call<None, None, EvsysCreateInput>) async throws -> Created<EvsysUserBody> {
        let (body, caller) = (call.body, call.identified)
        let role: Role
        switch body.role {
        case nil, "": role = .user
        case .some(let word):
            guard let known = Role(rawValue: word) else {
                throw AccountsRefusal.invalid(field: "role", "must be admin, operator, user or empty")
            }
            role = known
        }
        let level = body.access_level?.number ?? 0
        guard Grant(role: role, level: level).isAllowed(by: caller) else {
            throw AccountsRefusal.aboveOwnRights
        }
        let plan = body.payment_plan?.text ?? "default"
        let isKnown = try await host.database.run(.planExists(plan))
        guard plan == "default" || isKnown else {
            throw AccountsRefusal.invalid(field: "payment_plan", "does not exist")
        }
        var new = NewAccount(
            username: body.username.text, email: body.email ?? "", name: body.name?.text ?? "")
        new.role = role.rawValue
        new.accessLevel = Int16(level)
        new.plan = plan
        new.group = body.group?.text ?? "default"
        let register = RegisterAccount(accounts: self, caller: caller, request: call.request)
        let id = try await register.run(new, password: body.password.text, rules: .short)
        return Created(try await account(id).evsysBody())
    }

    func listUsers(_ call: Call<None, CutQuery, None>) async throws -> Listed<EvsysUserBody> {
        let (database, withAdmins) = (host.database, call.identified.isAdmin)
        return try await Listed(call.query, of: call.request) {
            Int(try await database.run(.countAccounts(withAdmins: withAdmins)))
        } rows: { cut in
            try await database.run(
                .accounts(withAdmins: withAdmins, limit: cut.limit, offset: cut.offset)
            ).map { $0.evsysBody() }
        }
    }

    func showUserInfo(_ call: Call<NamePath, None, None>) async throws -> OK<UserInfoBody> {
        let caller = call.identified
        let own = try await account(ID(caller.user))
        let found: Account
        if ["0000", "me", own.username].contains(call.path.name) {
            found = own
        } else {
            guard caller.isPower || caller.accessLevel == 10 else { throw AccountsRefusal.notAllowed }
            guard let other = try await host.database.run(.account(.username(call.path.name))) else {
                throw AccountsRefusal.noSuchUser
            }
            found = other
        }
        return OK(
            UserInfoBody(
                username: found.username, name: found.name, role: found.knownRole,
                access_level: Int(found.accessLevel), email: found.email, date_registered: found.createdAt,
                last_seen: found.lastSeen ?? .never,
                payment_plans: try await host.database.run(.plans(named: found.plan)),
                user_tags: try await host.database.run(.tags(TagFilter(user: found.id))).map(\.body),
                payment_methods: try await host.database.run(.methods(of: found.id))))
    }

    func showOwn(_ call: Call<None, None, None>) async throws -> OK<UserBody> {
        OK(try await account(ID(call.identified.user)).body(in: host.settings.currency))
    }

    func changeOwn(_ call: Call<None, None, ProfileChange>) async throws -> OK<UserBody> {
        let change = ChangeProfile(accounts: self, caller: call.identified, request: call.request)
        return OK(try await change.run(call.body))
    }

    func replaceOwn(_ call: Call<None, None, ProfileChange>) async throws -> OK<UserBody> {
        let change = ChangeProfile(accounts: self, caller: call.identified, request: call.request)
        return OK(try await change.run(try call.body.whole()))
    }

    func changePassword(_ call: Call<None, None, PasswordChange>) async throws -> OK<Notice> {
        let change = ChangePassword(accounts: self, caller: call.identified, request: call.request)
        try await change.run(call.body)
        return OK(Notice(message: "Password changed"))
    }
}

/// A role and a level that somebody gives to somebody else (api.md 1.6).
struct Grant: Equatable, Sendable {
    let role: Role
    let level: Int

    func isAllowed(by caller: Caller) -> Bool {
        if caller.isAdmin { return true }
        return caller.isPower && role != .admin && level < 10 && level <= caller.accessLevel
    }
}
