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
    var password: Verbatim<0, 128>?
    var name: Text<0, 255>?
    var email: EmailAddress?
    /// The invite code.
    @OrNull var token: String?
}

struct RegisterInput: Codable, Sendable {
    var username: Text<1, 150>
    var email: EmailAddress
    var password: Verbatim<1, 128>
    var confirm_password: Verbatim<1, 128>
    @OrNull var phone: PhoneNumber?
    /// The invite code.
    @OrNull var token: String?
}

struct EvsysCreateInput: Codable, Sendable {
    var username: Username
    var password: Verbatim<1, 128>
    var name: Text<0, 255>?
    var email: EmailAddress?
    /// Empty for user.
    var role: RoleWord?
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
        Route(.post, "/api/v1/users/register", registerEvsys)
            .failing("Failed to register user").failingToRead("Failed to decode user data")
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
        let (sentName, sentEmail) = (body.username ?? "", body.email?.text ?? "")
        guard let password = body.password?.text, !password.isEmpty else {
            throw AccountsRefusal.passwordMissing
        }
        guard !(sentName.isEmpty && sentEmail.isEmpty) else {
            throw AccountsRefusal.invalid(field: "username", "or email is needed")
        }
        try await call.countAttempt(on: "register \(sentName.isEmpty ? sentEmail : sentName)")
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
        // Apart from log-ins: whoever has just registered may still mistype the password.
        try await call.countAttempt(on: "register \(body.username.text)")
        var mistakes = Mistakes()
        if !Names.isPlainUsername(body.username.text) {
            mistakes.add("username", "must be 3 to 80 letters, digits or _")
        }
        if body.email.text.isEmpty { mistakes.add("email", "must not be empty") }
        if body.password.text != body.confirm_password.text {
            mistakes.add("confirm_password", "must equal password")
        }
        let new = NewAccount(
            username: body.username.text, email: body.email.text, phone: body.phone?.stored)
        let register = RegisterAccount(accounts: self, caller: nil, request: call.request)
        let id = try await register.run(
            new, password: body.password.text, rules: .strong, invite: body.token, mistakes)
        return Created(try await account(id).body(in: host.settings.currency))
    }

    func createUser(_ call: Call<None, None, EvsysCreateInput>) async throws -> Created<EvsysUserBody> {
        let (body, caller) = (call.body, call.identified)
        let (role, level) = (body.role?.role ?? .user, body.access_level?.number ?? 0)
        guard Grant(role: role, level: level).isAllowed(by: caller) else {
            throw AccountsRefusal.aboveOwnRights
        }
        let plan = body.payment_plan?.text ?? "default"
        try await checkPlan(plan)
        var new = NewAccount(
            username: body.username.text, email: body.email?.text ?? "", name: body.name?.text ?? "")
        new.role = role.rawValue
        new.accessLevel = Int16(level)
        new.plan = plan
        if let group = body.group?.text, !group.isEmpty { new.group = group }
        let register = RegisterAccount(accounts: self, caller: caller, request: call.request)
        let id = try await register.run(new, password: body.password.text, rules: .short)
        return Created(try await account(id).evsysBody())
    }

    func listUsers(_ call: Call<None, CutQuery, None>) async throws -> Listed<EvsysUserBody> {
        let (host, caller) = (host, call.identified)
        return try await Listed(call.query, of: call.request) {
            try await host.cache.remembered(.userList, "count", for: caller) {
                Int(try await host.database.run(.countAccounts(withAdmins: caller.isAdmin)))
            }
        } rows: { cut in
            try await host.cache.remembered(.userList, "list \(cut.limit) \(cut.offset)", for: caller) {
                try await host.database.run(
                    .accounts(withAdmins: caller.isAdmin, limit: cut.limit, offset: cut.offset)
                ).map { $0.evsysBody() }
            }
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
                payment_methods: try await host.database.run(.methods(of: found.id)).map {
                    $0.shown(for: found, isOwn: found.id == own.id)
                }))
    }

    func showOwn(_ call: Call<None, None, None>) async throws -> OK<UserBody> {
        OK(try await account(ID(call.identified.user)).body(in: host.settings.currency))
    }

    func changeOwn(_ call: Call<None, None, AccountChange>) async throws -> OK<UserBody> {
        OK(try await change(ID(call.identified.user), call.body, by: call.identified, call.request))
    }

    func replaceOwn(_ call: Call<None, None, AccountChange>) async throws -> OK<UserBody> {
        let change = try call.body.whole()
        return OK(try await self.change(ID(call.identified.user), change, by: call.identified, call.request))
    }

    func changePassword(_ call: Call<None, None, PasswordChange>) async throws -> OK<Notice> {
        try await call.countAttempt(on: "user \(call.identified.user)")
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
