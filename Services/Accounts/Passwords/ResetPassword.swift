import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Mail
import Postgres

/// Lets somebody who forgot a password set another, by a code that goes to the account's address.
struct ResetPassword {
    let accounts: Accounts
    let request: Request

    private static let life: TimeInterval = 600
    private static let mostWrongTries: Int16 = 5
    /// Codes for one address within an hour.
    private static let mostCodes: Int32 = 5

    private func key(_ address: String) -> [UInt8] { accounts.codes.digest(address, for: "reset address") }

    private func digest(_ code: String, _ address: String) -> [UInt8] {
        accounts.codes.digest(code, for: "reset/\(address)")
    }

    /// Sends a code where there is an active account with the address. Does the same work where there is none.
    func ask(for address: String) async throws {
        let host = accounts.host
        let code = RandomText.code(digits: 8)
        let (key, digest) = (key(address), digest(code, address))
        let found = try await host.database.run(.account(.email(address)))
        let known = found.flatMap { $0.isActive ? $0 : nil }
        let letter = Letter.passwordReset(code: code, in: known?.language ?? .en)
        let mailbox = Mailbox(name: known?.name ?? "Nobody", address: address)
        let (mail, request) = (accounts.mail, request)
        try await host.database.transaction { transaction in
            let now = host.clock.now
            let codes = try await transaction.run(
                .offerReset(key, of: known?.id, digest, until: now + Self.life, at: now))
            guard let mailbox else { return }
            let isWanted = known != nil && codes <= Self.mostCodes
            try await transaction.run(mail.keep(letter, to: mailbox, isWanted: isWanted))
            try await transaction.run(
                .record(
                    AuditEntry("REQUEST_PASSWORD_RESET", by: known?.id.number, from: request),
                    in: .accounts, at: now))
        }
        mail.ring()
    }

    /// Throws: `AccountsRefusal.wrongCode`, `InvalidRequest`.
    func confirm(_ address: String, code: String, password: String) async throws {
        let host = accounts.host
        let (key, digest) = (key(address), digest(code, address))
        let user = try await host.database.run(
            .tryReset(key, digest, most: Self.mostWrongTries, at: host.clock.now))
        guard let user, let account = try await host.database.run(.account(.id(user))), account.isActive
        else { throw AccountsRefusal.wrongCode }
        var mistakes = Mistakes()
        if let mistake = PasswordRules.usual.mistake(
            in: password, username: account.username, email: account.email)
        {
            mistakes.add("new_password", mistake)
        }
        try mistakes.check()
        let hash = try await accounts.hasher.hash(password)
        let (mail, request) = (accounts.mail, request)
        let events = try await host.database.transaction { transaction in
            let now = host.clock.now
            // Of two who bring the code at once one finds it taken.
            guard try await transaction.run(.takeReset(key, digest)).count == 1 else {
                throw AccountsRefusal.wrongCode
            }
            try await transaction.run(.setPassword(of: account.id, hash: hash))
            for name in [account.username, account.email] {
                try await transaction.run(.forgetFailures(of: LockName(name)))
            }
            try await transaction.run(
                .record(
                    AuditEntry("RESET_PASSWORD", by: account.id.number, from: request), in: .accounts, at: now
                ))
            if let mailbox = Mailbox(name: account.name, address: account.email) {
                try await transaction.run(
                    mail.keep(.passwordWasReset(in: account.language), to: mailbox))
            }
            return try await transaction.endLogins(.all(of: account.id), at: now)
        }
        mail.ring()
        await accounts.tell(events)
    }
}

extension Query where Result == Int32 {
    /// A new code in the place of the last one; answers how many there were within the hour.
    fileprivate static func offerReset(
        _ address: [UInt8], of user: ID<User>?, _ code: [UInt8], until end: Date, at now: Date
    ) -> Self {
        """
        INSERT INTO accounts.password_reset AS known (address_digest, user_id, code_digest, expires_at, first_at)
        VALUES (\(Octets(address)), \(user as ID<User>?), \(Octets(code)), \(end), \(now))
        ON CONFLICT (address_digest) DO UPDATE
        SET user_id = excluded.user_id, code_digest = excluded.code_digest, wrong_tries = 0,
            expires_at = excluded.expires_at,
            codes = CASE WHEN known.first_at < \(now - 3_600) THEN 1 ELSE known.codes + 1 END,
            first_at = CASE WHEN known.first_at < \(now - 3_600) THEN excluded.first_at ELSE known.first_at END
        RETURNING codes
        """
    }
}

extension Query where Result == ID<User>? {
    /// Whose password may be set; nil for a wrong code, which is counted.
    fileprivate static func tryReset(
        _ address: [UInt8], _ code: [UInt8], most: Int16, at now: Date
    ) -> Self {
        """
        UPDATE accounts.password_reset
        SET wrong_tries = wrong_tries + CASE WHEN code_digest = \(Octets(code)) THEN 0 ELSE 1 END
        WHERE address_digest = \(Octets(address)) AND expires_at > \(now) AND wrong_tries < \(most)
        RETURNING CASE WHEN code_digest = \(Octets(code)) THEN user_id END
        """
    }
}

extension Query where Result == RowCount {
    fileprivate static func takeReset(_ address: [UInt8], _ code: [UInt8]) -> Self {
        """
        DELETE FROM accounts.password_reset
        WHERE address_digest = \(Octets(address)) AND code_digest = \(Octets(code))
        """
    }
}
