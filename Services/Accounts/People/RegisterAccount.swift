import Contracts
import Core
import Crypto
import HTTP
import Hosting
import Identity
import Mail
import Postgres

/// A new account, whoever enters it. Role, level, plan and the like are only what the caller may grant.
struct RegisterAccount {
    let accounts: Accounts
    let caller: Caller?
    let request: Request

    /// - Parameters:
    ///   - invite: the code, where REGISTRATION asks for one; staff need none.
    ///   - change: what else an administrator writes of it at once.
    ///
    /// Throws: `AccountsRefusal`, `InvalidRequest`.
    func run(
        _ wish: NewAccount, password: String, rules: PasswordRules, invite: String? = nil,
        _ noticed: Mistakes = Mistakes(), filledBy change: AccountChange? = nil
    ) async throws -> ID<User> {
        var mistakes = noticed
        if !Names.isUsername(wish.username) {
            mistakes.add("username", "must be 3 to 150 letters, digits or _ . @ + -")
        }
        if let mistake = rules.mistake(in: password, username: wish.username, email: wish.email) {
            mistakes.add("password", mistake)
        }
        try mistakes.check()
        var account = wish
        if caller == nil, let accepted = request.headers["Accept-Language"] {
            account.language = (MailLanguage(accepting: accepted) ?? .en).rawValue
        }
        account.passwordHash = try await accounts.hasher.hash(password)
        let (new, host) = (account, accounts.host)
        let id = try await host.database.transaction { transaction in
            let now = host.clock.now
            if caller == nil, accounts.settings.tokens.needsInvite {
                guard let invite, try await transaction.run(.takeInvite(invite, at: now)).count == 1 else {
                    throw AccountsRefusal.inviteNeeded
                }
            }
            let id = try await enter(new, in: transaction)
            if let change { try await fill(id, with: change, in: transaction) }
            try await transaction.run(
                .record(
                    AuditEntry(
                        "CREATE_USER", by: caller?.user ?? id.number, ["user_id": .integer(id.number)],
                        from: request),
                    in: .accounts, at: now))
            return id
        }
        await accounts.peopleChanged()
        return id
    }

    private func enter(_ account: NewAccount, in transaction: Transaction) async throws -> ID<User> {
        try await transaction.checkNames(account.username, account.email, of: nil)
        return try await accounts.storingNames {
            let hex = RandomText.deviceToken()
            return try await transaction.run(.enter(account, hex: hex, at: accounts.host.clock.now))
        }
    }

    private func fill(_ id: ID<User>, with change: AccountChange, in transaction: Transaction) async throws {
        guard var account = try await transaction.run(.heldAccount(id)) else {
            throw AccountsRefusal.noSuchUser
        }
        account.apply(profile: change)
        try account.apply(rights: change)
        if let caller {
            let grant = Grant(role: account.knownRole, level: Int(account.accessLevel))
            guard grant.isAllowed(by: caller) else { throw AccountsRefusal.aboveOwnRights }
        }
        try await transaction.run(.store(account))
    }
}
