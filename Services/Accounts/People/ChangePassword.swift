import Bus
import Contracts
import Core
import Crypto
import HTTP
import Hosting
import Postgres

struct PasswordChange: Codable, Sendable {
    var old_password: Verbatim<1, 128>
    var new_password: Verbatim<1, 128>
}

/// Changes the caller's own password: every other login of theirs ends.
struct ChangePassword {
    let accounts: Accounts
    let caller: Caller
    let request: Request

    /// Throws: `AccountsRefusal`, `InvalidRequest`.
    func run(_ change: PasswordChange) async throws {
        let host = accounts.host
        let account = try await accounts.account(ID(caller.user))
        let stored = try await host.database.run(.passwordHash(of: account.id))
        var mistakes = Mistakes()
        if try await accounts.hasher.check(change.old_password.text, against: stored) == .wrong {
            mistakes.add("old_password", "is wrong")
        }
        let new = change.new_password.text
        if let mistake = PasswordRules.usual.mistake(
            in: new, username: account.username, email: account.email)
        {
            mistakes.add("new_password", mistake)
        }
        try mistakes.check()
        let hash = try await accounts.hasher.hash(new)
        let events = try await host.database.transaction { transaction in
            let now = host.clock.now
            try await transaction.run(.setPassword(of: account.id, hash: hash))
            try await transaction.run(
                .record(
                    AuditEntry("CHANGE_PASSWORD", by: caller.user, from: request), in: .accounts, at: now))
            return try await transaction.endLogins(
                .others(of: account.id, but: ID(caller.loginSession)), at: now)
        }
        await accounts.tell(events)
    }
}
