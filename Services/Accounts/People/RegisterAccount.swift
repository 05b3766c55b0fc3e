import Contracts
import Core
import Crypto
import HTTP
import Hosting
import Postgres

/// A new account, whoever enters it. Role, level, plan and the like are only what the caller may grant.
struct RegisterAccount {
    let accounts: Accounts
    let caller: Caller?
    let request: Request

    /// - Parameters:
    ///   - invite: the code, where REGISTRATION asks for one; staff need none.
    ///
    /// Throws: `AccountsRefusal`.
    func run(_ wish: NewAccount, password: String, rules: PasswordRules, invite: String? = nil) async throws
        -> ID<User>
    {
        try check(wish)
        if let mistake = rules.mistake(in: password, username: wish.username, email: wish.email) {
            throw AccountsRefusal.invalid(field: "password", mistake)
        }
        var account = wish
        account.passwordHash = try await accounts.hasher.hash(password)
        let (new, host) = (account, accounts.host)
        return try await host.database.transaction { transaction in
            let now = host.clock.now
            if caller == nil, accounts.settings.tokens.needsInvite {
                guard let invite, try await transaction.run(.takeInvite(invite, at: now)).count == 1 else {
                    throw AccountsRefusal.inviteNeeded
                }
            }
            let id = try await enter(new, in: transaction)
            try await transaction.run(
                .record(
                    AuditEntry(
                        "CREATE_USER", by: caller?.user ?? id.number, ["user_id": .integer(id.number)],
                        from: request),
                    in: .accounts, at: now))
            return id
        }
    }

    private func enter(_ account: NewAccount, in transaction: Transaction) async throws -> ID<User> {
        do {
            let hex = RandomText.deviceToken()
            return try await transaction.run(.enter(account, hex: hex, at: accounts.host.clock.now))
        } catch let error as DatabaseError where error.violatesUnique("account_username") {
            throw AccountsRefusal.taken(field: "username", "already exists")
        } catch let error as DatabaseError where error.violatesUnique("account_email") {
            throw AccountsRefusal.taken(field: "email", "is already in use")
        }
    }

    private func check(_ wish: NewAccount) throws(AccountsRefusal) {
        guard Names.isUsername(wish.username) else {
            throw .invalid(field: "username", "must be 3 to 150 letters, digits or _ . @ + -")
        }
        guard wish.email.isEmpty || Names.isEmail(wish.email) else {
            throw .invalid(field: "email", "must be an e-mail address")
        }
        if let phone = wish.phone, !Names.isPhone(phone) {
            throw .invalid(field: "phone", "must be 10 to 15 digits")
        }
    }
}
