import Contracts
import Core
import Crypto
import FoundationEssentials
import Hosting
import Mail
import Postgres

/// Checks the code that somebody brings beside the password: from an app, from a mail, or one of the recovery codes.
struct ProveSecondFactor {
    let accounts: Accounts
    let account: Account

    private static let mailedLife: TimeInterval = 300
    private static let mostWrongTries: Int16 = 5

    /// Whether the code is right; a right one is used up.
    func accepts(_ code: String, by factor: SecondFactor) async throws -> Bool {
        let code = String(code.filter { $0 != " " })
        // A recovery code has letters and a hyphen; no other code has.
        if code.contains("-") {
            let digest = recoveryDigest(code.lowercased())
            return try await accounts.host.database.run(.takeRecoveryCode(digest, of: account.id)).count == 1
        }
        return switch SecondFactorMethod(rawValue: factor.method) {
        case .totp: try await acceptsStep(code, by: factor)
        case .email: try await acceptsMailed(code)
        case nil: false
        }
    }

    private func acceptsStep(_ code: String, by factor: SecondFactor) async throws -> Bool {
        guard let sealed = factor.sealedSecret else { return false }
        let secret = try accounts.box.open(sealed, for: Self.place(of: account.id))
        let totp = TOTP(secret: secret)
        guard let step = totp.acceptedStep(of: code, at: accounts.host.clock.now, after: factor.lastStep)
        else {
            return false
        }
        return try await accounts.host.database.run(.takeStep(step, of: account.id)).count == 1
    }

    private func acceptsMailed(_ code: String) async throws -> Bool {
        let database = accounts.host.database
        let taken = try await database.run(
            .takeMailedCode(
                mailedDigest(code), of: account.id, most: Self.mostWrongTries, at: accounts.host.clock.now))
        if taken.count == 1 { return true }
        try await database.run(.countWrongMailedCode(of: account.id))
        return false
    }

    /// Mails a new code; the last one is good no more.
    func mailCode() async throws {
        // Whoever chose the mail has an address; it cannot be taken away while the method stands.
        guard let mailbox = Mailbox(name: account.name, address: account.email) else { return }
        let code = RandomText.code()
        let (host, mail, account, digest) = (accounts.host, accounts.mail, account, mailedDigest(code))
        try await host.database.transaction { transaction in
            try await transaction.run(
                .keepMailedCode(digest, of: account.id, until: host.clock.now + Self.mailedLife))
            try await transaction.run(mail.keep(.loginCode(code, in: account.language), to: mailbox))
        }
        mail.ring()
    }

    /// Ten new codes in the place of the old ones.
    func renewRecoveryCodes(in transaction: Transaction) async throws -> [String] {
        try await transaction.run(.forgetRecoveryCodes(of: account.id))
        let codes = (0..<10).map { _ in RandomText.recoveryCode() }
        for code in codes {
            try await transaction.run(.keepRecoveryCode(recoveryDigest(code), of: account.id))
        }
        return codes
    }

    /// Where a sealed secret belongs: it opens in no other row.
    static func place(of user: ID<User>) -> String { "two_factor/\(user.number)" }

    private func recoveryDigest(_ code: String) -> [UInt8] {
        accounts.codes.digest(code, for: "recovery/\(account.id.number)")
    }

    private func mailedDigest(_ code: String) -> [UInt8] {
        accounts.codes.digest(code, for: "mailed/\(account.id.number)")
    }
}
