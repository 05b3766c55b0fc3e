import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct TwoFactorStatus: Codable, Sendable {
    var enabled: Bool
    @OrNull var method: SecondFactorMethod?
    var recovery_codes_left: Int
}

struct TwoFactorWish: Codable, Sendable {
    var method: SecondFactorMethod
    var password: Verbatim<1, 128>
}

/// What an authenticator app is told, or only the method where a code was mailed.
struct TwoFactorOffer: Codable, Sendable {
    var method: SecondFactorMethod
    var secret: String?
    var otpauth_uri: String?
}

struct CodeInput: Codable, Sendable {
    var code: Text<1, 20>
}

struct RecoveryCodes: Codable, Sendable {
    var enabled: Bool
    var recovery_codes: [String]
}

struct TwoFactorEnd: Codable, Sendable {
    var password: Verbatim<1, 128>
    var code: Text<1, 20>
}

extension Accounts {
    /// The second factor of one's own logins, and the way out for who lost it.
    @RouteTable var twoFactorRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/users/me/two-factor", showTwoFactor).failing("Failed to get two-factor")
            .summary("Whether logins need a second factor").needs(.user)
        Route(.post, "/api/v1/users/me/two-factor", beginTwoFactor).failing("Failed to set two-factor")
            .summary("Begin to ask for a second factor").limited(by: .credentials).needs(.user)
        Route(.post, "/api/v1/users/me/two-factor/verify", verifyTwoFactor)
            .failing("Failed to set two-factor").summary("Switch it on by the first code")
            .limited(by: .credentials).needs(.user)
        Route(.post, "/api/v1/users/me/two-factor/recovery-codes", renewRecoveryCodes)
            .failing("Failed to renew recovery codes").summary("Ten new recovery codes")
            .limited(by: .credentials).needs(.user)
        Route(.delete, "/api/v1/users/me/two-factor", endTwoFactor).failing("Failed to end two-factor")
            .summary("Log in by the password alone again").limited(by: .credentials).needs(.user)
        Route(.delete, "/api/v1/users/:id/two-factor", endTwoFactorOf).failing("Failed to end two-factor")
            .summary("Switch it off for somebody who lost the device").needs(.admin)
    }

    func showTwoFactor(_ call: Call<None, None, None>) async throws -> OK<TwoFactorStatus> {
        let user = ID<User>(call.identified.user)
        let factor = try await host.database.run(.secondFactor(of: user))
        let active = factor.flatMap { $0.isActive ? $0 : nil }
        return OK(
            TwoFactorStatus(
                enabled: active != nil, method: active.flatMap { SecondFactorMethod(rawValue: $0.method) },
                recovery_codes_left: Int(try await host.database.run(.countRecoveryCodes(of: user)))))
    }

    func beginTwoFactor(_ call: Call<None, None, TwoFactorWish>) async throws -> Accepted<TwoFactorOffer> {
        let (body, user) = (call.body, ID<User>(call.identified.user))
        try await call.countAttempt(on: "user \(user.number)")
        let account = try await account(user)
        try await check(body.password.text, of: account)
        guard body.method == .totp || !account.email.isEmpty else {
            throw AccountsRefusal.invalid(field: "method", "email needs an e-mail address")
        }
        let secret = body.method == .totp ? TOTP.makeSecret() : nil
        let sealed = try secret.map { try box.seal($0, for: ProveSecondFactor.place(of: user)) }
        let begun = try await host.database.run(
            .begin(body.method, sealedSecret: sealed, of: user, at: host.clock.now))
        guard begun.count == 1 else { throw AccountsRefusal.twoFactorIsOn }
        guard let secret else {
            try await ProveSecondFactor(accounts: self, account: account).mailCode()
            return Accepted(TwoFactorOffer(method: .email))
        }
        let name = account.email.isEmpty ? account.username : account.email
        return Accepted(
            TwoFactorOffer(
                method: .totp, secret: Base32.text(secret),
                otpauth_uri: TOTP.uri(secret: secret, account: name, issuer: "VoltBus")))
    }

    func verifyTwoFactor(_ call: Call<None, None, CodeInput>) async throws -> OK<RecoveryCodes> {
        let (host, user, request) = (host, ID<User>(call.identified.user), call.request)
        try await call.countAttempt(on: "user \(user.number)")
        let proof = ProveSecondFactor(accounts: self, account: try await account(user))
        guard let factor = try await host.database.run(.secondFactor(of: user)) else {
            throw AccountsRefusal.wrongCode
        }
        guard !factor.isActive else { throw AccountsRefusal.twoFactorIsOn }
        guard try await proof.accepts(call.body.code.text, by: factor) else {
            throw AccountsRefusal.wrongCode
        }
        let codes = try await host.database.transaction { transaction in
            guard try await transaction.run(.activateFactor(of: user)).count == 1 else {
                throw AccountsRefusal.twoFactorIsOn
            }
            try await transaction.run(
                .record(
                    AuditEntry(
                        "ENABLE_2FA", by: user.number, ["method": .string(factor.method)], from: request),
                    in: .accounts, at: host.clock.now))
            return try await proof.renewRecoveryCodes(in: transaction)
        }
        return OK(RecoveryCodes(enabled: true, recovery_codes: codes))
    }

    func renewRecoveryCodes(_ call: Call<None, None, CodeInput>) async throws -> OK<RecoveryCodes> {
        let (host, user, request) = (host, ID<User>(call.identified.user), call.request)
        try await call.countAttempt(on: "user \(user.number)")
        let account = try await account(user)
        try await prove(call.body.code.text, of: account, request)
        let proof = ProveSecondFactor(accounts: self, account: account)
        let codes = try await host.database.transaction { transaction in
            try await transaction.run(
                .record(
                    AuditEntry("ENABLE_2FA", by: user.number, ["recovery_codes": "renewed"], from: request),
                    in: .accounts, at: host.clock.now))
            return try await proof.renewRecoveryCodes(in: transaction)
        }
        return OK(RecoveryCodes(enabled: true, recovery_codes: codes))
    }

    func endTwoFactor(_ call: Call<None, None, TwoFactorEnd>) async throws -> NoContent {
        let user = ID<User>(call.identified.user)
        try await call.countAttempt(on: "user \(user.number)")
        let account = try await account(user)
        try await check(call.body.password.text, of: account)
        try await prove(call.body.code.text, of: account, call.request)
        try await forgetFactor(of: user, by: call.identified, call.request)
        return NoContent()
    }

    func endTwoFactorOf(_ call: Call<UserPath, None, None>) async throws -> NoContent {
        let account = try await account(call.path.id)
        try await forgetFactor(of: account.id, by: call.identified, call.request)
        return NoContent()
    }

    private func forgetFactor(of user: ID<User>, by caller: Caller, _ request: Request) async throws {
        let host = host
        try await host.database.transaction { transaction in
            guard try await transaction.run(.forgetFactor(of: user)).count > 0 else { return }
            try await transaction.run(
                .record(
                    AuditEntry(
                        "DISABLE_2FA", by: caller.user, ["user_id": .integer(user.number)], from: request),
                    in: .accounts, at: host.clock.now))
        }
    }

    /// Throws: `AccountsRefusal.invalid` for another password than the account's.
    private func check(_ password: String, of account: Account) async throws {
        let stored = try await host.database.run(.passwordHash(of: account.id))
        guard try await hasher.check(password, against: stored) != .wrong else {
            throw AccountsRefusal.invalid(field: "password", "is wrong")
        }
    }

    /// A code of who is logged in. A wrong one counts as a failed login does: a stolen token shall not try them all.
    ///
    /// Throws: `AccountsRefusal`.
    private func prove(_ code: String, of account: Account, _ request: Request) async throws {
        if let seconds = try await lockedSeconds(account.username) {
            throw AccountsRefusal.locked(seconds: seconds)
        }
        guard let factor = try await host.database.run(.secondFactor(of: account.id)), factor.isActive else {
            throw AccountsRefusal.twoFactorIsOff
        }
        let proof = ProveSecondFactor(accounts: self, account: account)
        guard try await proof.accepts(code, by: factor) else {
            try await LogIn(accounts: self, origin: LoginOrigin(request)).fail(account.username, account)
            throw AccountsRefusal.wrongCode
        }
    }
}
