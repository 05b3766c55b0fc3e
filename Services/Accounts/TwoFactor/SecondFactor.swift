import Contracts
import Core
import FoundationEssentials
import Postgres

enum SecondFactorMethod: String, Codable, CaseIterable, Sendable {
    case totp, email
}

/// What somebody's login needs beside the password, or will when the first code has proved right.
struct SecondFactor: Row, Sendable {
    var method: String
    var sealedSecret: String?
    var isActive: Bool
    var lastStep: Int64?

    static let columns = "method, sealed_secret, is_active, last_step"

    init(_ cells: inout Cells) throws {
        method = try cells.next()
        sealedSecret = try cells.next()
        isActive = try cells.next()
        lastStep = try cells.next()
    }
}

extension Query where Result == SecondFactor? {
    static func secondFactor(of user: ID<User>) -> Self {
        "SELECT \(columns: SecondFactor.self) FROM accounts.two_factor WHERE user_id = \(user)"
    }
}

extension Query where Result == RowCount {
    /// In the place of what was begun before; no row where there is an active one.
    static func begin(
        _ method: SecondFactorMethod, sealedSecret: String?, of user: ID<User>, at now: Date
    ) -> Self {
        """
        INSERT INTO accounts.two_factor AS known (user_id, method, sealed_secret, created_at)
        VALUES (\(user), \(method.rawValue), \(sealedSecret as String?), \(now))
        ON CONFLICT (user_id) DO UPDATE
        SET method = excluded.method, sealed_secret = excluded.sealed_secret, last_step = NULL,
            created_at = excluded.created_at
        WHERE NOT known.is_active
        """
    }

    static func activateFactor(of user: ID<User>) -> Self {
        "UPDATE accounts.two_factor SET is_active = true WHERE user_id = \(user) AND NOT is_active"
    }

    /// No row when another request was first with a code of this step or a later one.
    static func takeStep(_ step: Int64, of user: ID<User>) -> Self {
        """
        UPDATE accounts.two_factor SET last_step = \(step)
        WHERE user_id = \(user) AND (last_step IS NULL OR last_step < \(step))
        """
    }

    static func takeRecoveryCode(_ digest: [UInt8], of user: ID<User>) -> Self {
        "DELETE FROM accounts.recovery_code WHERE user_id = \(user) AND code_digest = \(Octets(digest))"
    }

    static func takeMailedCode(_ digest: [UInt8], of user: ID<User>, most: Int16, at now: Date) -> Self {
        """
        DELETE FROM accounts.mailed_code
        WHERE user_id = \(user) AND code_digest = \(Octets(digest)) AND wrong_tries < \(most) AND expires_at > \(now)
        """
    }

    static func forgetFactor(of user: ID<User>) -> Self {
        """
        WITH codes AS (DELETE FROM accounts.recovery_code WHERE user_id = \(user)),
            mailed AS (DELETE FROM accounts.mailed_code WHERE user_id = \(user))
        DELETE FROM accounts.two_factor WHERE user_id = \(user)
        """
    }
}

extension Query where Result == Void {
    static func countWrongMailedCode(of user: ID<User>) -> Self {
        "UPDATE accounts.mailed_code SET wrong_tries = wrong_tries + 1 WHERE user_id = \(user)"
    }

    static func keepMailedCode(_ digest: [UInt8], of user: ID<User>, until end: Date) -> Self {
        """
        INSERT INTO accounts.mailed_code (user_id, code_digest, expires_at)
        VALUES (\(user), \(Octets(digest)), \(end))
        ON CONFLICT (user_id) DO UPDATE
        SET code_digest = excluded.code_digest, expires_at = excluded.expires_at, wrong_tries = 0
        """
    }

    static func forgetRecoveryCodes(of user: ID<User>) -> Self {
        "DELETE FROM accounts.recovery_code WHERE user_id = \(user)"
    }

    static func keepRecoveryCode(_ digest: [UInt8], of user: ID<User>) -> Self {
        "INSERT INTO accounts.recovery_code (user_id, code_digest) VALUES (\(user), \(Octets(digest)))"
    }
}

extension Query where Result == Int64 {
    static func countRecoveryCodes(of user: ID<User>) -> Self {
        "SELECT count(*) FROM accounts.recovery_code WHERE user_id = \(user)"
    }
}
