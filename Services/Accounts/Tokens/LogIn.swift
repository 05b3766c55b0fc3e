import Contracts
import Core
import Crypto
import FoundationEssentials
import Hosting
import Postgres
import Telemetry

/// Proves a name and a password, counts what fails, and opens a login.
struct LogIn {
    let accounts: Accounts
    let origin: LoginOrigin

    /// The right password for the name, and the right code where the account asks for one. Unknown names take the same time and
    /// get the same answer.
    ///
    /// Throws: `AccountsRefusal`.
    func prove(_ name: String, _ password: String, code: String?) async throws -> Account {
        let host = accounts.host
        if let seconds = try await accounts.lockedSeconds(name) {
            throw AccountsRefusal.locked(seconds: seconds)
        }
        let account = try await host.database.run(.account(.login(name)))
        var stored: String?
        if let account { stored = try await host.database.run(.passwordHash(of: account.id)) }
        let verdict = try await accounts.hasher.check(password, against: stored)
        guard let account, verdict != .wrong else {
            try await fail(name, account)
            throw AccountsRefusal.wrongCredentials
        }
        guard account.isActive else { throw AccountsRefusal.inactive }
        try await proveSecond(code ?? "", of: account, as: name)
        // Not before: who knows the password alone shall not try codes without end.
        try await host.database.run(.forgetFailures(of: LockName(name)))
        if verdict == .rightButOutdated {
            let hash = try await accounts.hasher.hash(password)
            try await host.database.run(.setPassword(of: account.id, hash: hash))
        }
        return account
    }

    private func proveSecond(_ code: String, of account: Account, as name: String) async throws {
        guard account.secondFactor != nil,
            let factor = try await accounts.host.database.run(.secondFactor(of: account.id)), factor.isActive
        else { return }
        let proof = ProveSecondFactor(accounts: accounts, account: account)
        guard !code.isEmpty else {
            if factor.method == SecondFactorMethod.email.rawValue { try await proof.mailCode() }
            throw AccountsRefusal.codeNeeded
        }
        guard try await proof.accepts(code, by: factor) else {
            try await fail(name, account)
            throw AccountsRefusal.wrongCodeAtLogin
        }
    }

    /// Counts a failure; enough of them lock the name.
    func fail(_ name: String, _ account: Account?) async throws {
        let host = accounts.host
        let tokens = accounts.settings.tokens
        let now = host.clock.now
        let locks = try await host.database.transaction { transaction in
            let isLocked = try await transaction.run(
                .countFailure(of: LockName(name), most: tokens.mostFailures, lock: tokens.lockTime, at: now))
            try await transaction.run(
                .tellLogin(.failed, of: account?.id, as: String(name.prefix(150)), from: origin, at: now))
            // Whose it is where there is such an account: what was typed may be a password in the wrong field.
            try await transaction.run(
                .record(origin.audit("login_failed", of: account?.id), in: .accounts, at: now))
            guard isLocked else { return false }
            try await transaction.run(
                .tellLogin(.locked, of: account?.id, as: String(name.prefix(150)), from: origin, at: now))
            try await transaction.run(
                .record(origin.audit("ACCOUNT_LOCKED", of: account?.id), in: .accounts, at: now))
            return true
        }
        if locks { host.log.warning("login.locked", ["client": .text(origin.address)]) }
    }

    /// A new device token.
    func device(_ account: Account) async throws -> String {
        let token = RandomText.deviceToken()
        let host = accounts.host
        let idle = accounts.settings.tokens.deviceTokenIdle
        try await host.database.transaction { transaction in
            let now = host.clock.now
            _ = try await transaction.run(
                .openDeviceLogin(
                    of: account.id, token: token, from: origin, at: now,
                    until: now + TimeInterval(idle.components.seconds)))
            try await note(account, in: transaction, at: now)
        }
        await accounts.loginsChanged(of: account.id)
        return token
    }

    /// A new refresh family and its first pair of tokens.
    func tokens(_ account: Account, remember: Bool) async throws -> TokenPair {
        let refresh = RandomText.opaqueToken()
        let host = accounts.host
        let settings = accounts.settings.tokens
        let life = remember ? settings.rememberedRefreshLife : settings.refreshLife
        let login = try await host.database.transaction { transaction in
            let now = host.clock.now
            let login = try await transaction.run(
                .openRefreshLogin(
                    of: account.id, from: origin, at: now, until: now + TimeInterval(life.components.seconds))
            )
            try await transaction.run(.enterRefresh(refresh, of: login, at: now))
            try await note(account, in: transaction, at: now)
            return login
        }
        await accounts.loginsChanged(of: account.id)
        return try await accounts.pair(of: account.id, role: account.role, login: login, refresh: refresh)
    }

    private func note(_ account: Account, in transaction: Transaction, at now: Date) async throws {
        try await transaction.run(.noteLogin(of: account.id, at: now))
        try await transaction.run(
            .tellLogin(.login, of: account.id, as: account.username, from: origin, at: now))
        try await transaction.run(.record(origin.audit("login", of: account.id), in: .accounts, at: now))
    }
}
