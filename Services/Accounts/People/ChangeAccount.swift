import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Identity
import Mail
import Postgres

/// Changes an account: people their own profile, staff what they may of others (api.md 1.6, 2.2.3, 2.2.4).
struct ChangeAccount {
    let accounts: Accounts
    let caller: Caller
    let request: Request

    private var host: Host { accounts.host }

    /// What goes beside the profile through one of the doors.
    struct Extras: Sendable {
        var rules = PasswordRules.usual
        var warns: Bool?
        var warningEmail: EmailAddress?
    }

    /// Throws: `AccountsRefusal`, `InvalidRequest`.
    func run(_ change: AccountChange, of id: ID<User>, _ extras: Extras = .init()) async throws -> Account {
        var hash: String?
        if let password = change.password?.text {
            let account = try await accounts.account(id)
            var mistakes = Mistakes()
            let username = change.username?.text ?? account.username
            if let mistake = extras.rules.mistake(
                in: password, username: username, email: change.email?.text ?? account.email)
            {
                mistakes.add("password", mistake)
            }
            try mistakes.check()
            hash = try await accounts.hasher.hash(password)
        }
        if let plan = change.payment_plan?.text { try await accounts.checkPlan(plan) }
        let passwordHash = hash
        let outcome = try await host.database.transaction { transaction in
            try await store(change, of: id, passwordHash, extras, in: transaction)
        }
        await accounts.tell(outcome.revoked)
        await accounts.peopleChanged()
        if let event = outcome.rights { host.bus.publish(event) }
        return try await accounts.account(id)
    }

    private struct Outcome: Sendable {
        var revoked: [LoginRevoked] = []
        var rights: RightsChanged?
    }

    private func store(
        _ change: AccountChange, of id: ID<User>, _ hash: String?, _ extras: Extras,
        in transaction: Transaction
    ) async throws -> Outcome {
        // Held before anything is looked at, so that two administrators do not end each other.
        try await transaction.run(.holdAdministrators)
        guard var account = try await transaction.run(.heldAccount(id)) else {
            throw AccountsRefusal.noSuchUser
        }
        let before = account
        account.apply(profile: change)
        try account.apply(rights: change)
        account.warns = extras.warns ?? account.warns
        account.warningEmail = extras.warningEmail?.text ?? account.warningEmail
        try await check(before, account, in: transaction)
        if before.username != account.username || before.email != account.email {
            try await transaction.checkNames(account.username, account.email, of: id)
        }
        let now = host.clock.now
        try await accounts.storingNames {
            try await transaction.run(.store(account))
        }
        if let hash { try await transaction.run(.setPassword(of: id, hash: hash)) }
        let isOwn = id.number == caller.user
        try await transaction.run(
            .record(
                AuditEntry(
                    isOwn ? "UPDATE_USER_SELF" : "UPDATE_USER", by: caller.user,
                    ["user_id": .integer(id.number)], from: request),
                in: .accounts, at: now))
        var outcome = Outcome()
        let hasOtherRights =
            before.role != account.role || before.accessLevel != account.accessLevel
            || before.status != account.status
        if hasOtherRights || hash != nil {
            outcome.revoked = try await transaction.endLogins(.all(of: id), at: now)
        }
        if hasOtherRights || before.isVIP != account.isVIP {
            let event = RightsChanged(of: id, at: now)
            try await transaction.run(.announce(event))
            outcome.rights = event
        }
        return outcome
    }

    /// Who may do this to whom.
    private func check(_ before: Account, _ after: Account, in transaction: Transaction) async throws {
        let isOwn = before.id.number == caller.user
        let rightsDiffer =
            before.role != after.role || before.accessLevel != after.accessLevel
            || before.status != after.status
        guard !(isOwn && rightsDiffer) else { throw AccountsRefusal.ownRights }
        guard before.knownRole != .admin || caller.isAdmin else { throw AccountsRefusal.notAllowed }
        if before.role != after.role || before.accessLevel != after.accessLevel {
            guard Grant(role: after.knownRole, level: Int(after.accessLevel)).isAllowed(by: caller) else {
                throw AccountsRefusal.aboveOwnRights
            }
        }
        guard !(before.secondFactor == "email" && after.email.isEmpty) else {
            throw AccountsRefusal.stillNeeded("the second factor of the login needs an e-mail address")
        }
        let losesPower = after.knownRole != .admin || !after.isActive
        guard before.knownRole == .admin, before.isActive, losesPower else {
            if before.isAdministrator, after.accessLevel < 10 { throw AccountsRefusal.protectedAccount }
            return
        }
        guard !before.isAdministrator else { throw AccountsRefusal.protectedAccount }
        guard try await transaction.run(.countAdministrators(but: before.id)) > 0 else {
            throw AccountsRefusal.lastAdministrator
        }
    }
}

extension Accounts {
    /// Throws: `InvalidRequest` for a plan that billing does not have.
    func checkPlan(_ plan: String) async throws {
        guard plan != "default", try await !host.database.run(.planExists(plan)) else { return }
        var mistakes = Mistakes()
        mistakes.add("payment_plan", "does not exist")
        try mistakes.check()
    }

    /// Says which name was taken, where the table says that one was. Throws: `AccountsRefusal.taken`.
    func storingNames<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as DatabaseError {
            if error.violatesUnique("account_username") {
                throw AccountsRefusal.taken(field: "username", "already exists")
            }
            if error.violatesUnique("account_email") {
                throw AccountsRefusal.taken(field: "email", "is already in use")
            }
            throw error
        }
    }
}

extension Transaction {
    /// Throws: `AccountsRefusal.taken`.
    func checkNames(_ username: String, _ email: String, of id: ID<User>?) async throws {
        guard let clash = try await run(.nameClash(username, email, of: id)) else { return }
        throw clash.username == email
            ? AccountsRefusal.taken(field: "email", "is already in use")
            : AccountsRefusal.taken(field: "username", "already exists")
    }
}

extension Query where Result == Account? {
    /// Held until the transaction ends.
    static func heldAccount(_ id: ID<User>) -> Self {
        """
        \(rows: Account.self)
        WHERE account.deleted_at IS NULL AND account.id = \(id)
        FOR UPDATE OF account
        """
    }
}

extension Query where Result == Int64 {
    static func countAdministrators(but id: ID<User>) -> Self {
        """
        SELECT count(*) FROM accounts.account
        WHERE role = 'admin' AND status = 'active' AND deleted_at IS NULL AND id <> \(id)
        """
    }
}

extension Query where Result == Void {
    /// Whoever takes an administrator's rights away waits for whoever does the same.
    static var holdAdministrators: Self { "SELECT pg_advisory_xact_lock(8081, 2)" }

    static func store(_ account: Account) -> Self {
        """
        UPDATE accounts.account
        SET username = \(account.username), email = \(account.email), name = \(account.ownName),
            first_name = \(account.firstName as String?), last_name = \(account.lastName as String?),
            phone = \(account.phone as String?), address_line1 = \(account.addressLine as String?),
            city = \(account.city as String?), postal_code = \(account.postalCode as String?),
            country = \(account.country as String?), date_of_birth = \(account.dateOfBirth as CalendarDate?),
            gender = \(account.gender as String?), role = \(account.role), access_level = \(account.accessLevel),
            is_vip = \(account.isVIP), status = \(account.status), payment_plan = \(account.plan),
            user_group = \(account.group), language = \(account.language.rawValue), warning_emails_enabled = \(account.warns),
            warning_email = \(account.warningEmail)
        WHERE id = \(account.id)
        """
    }
}
