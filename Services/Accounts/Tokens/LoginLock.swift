import Core
import Crypto
import FoundationEssentials
import Hosting
import Postgres

/// Failures are counted by what was typed as the name, in a form in which nobody can read passwords that were typed into the
/// wrong field.
struct LockName: Sendable {
    let text: String

    init(_ name: String) {
        text = Hex.text(SHA256.hash(name.lowercased()))
    }
}

/// Failures further apart than this begin a new count.
private let failureWindow: TimeInterval = 15 * 60
/// No lock lasts longer.
private let longestLock: Duration = .seconds(86_400)

extension Query where Result == Double? {
    /// Seconds that the lock still holds; nil where there is none.
    static func lockLeft(of name: LockName, at now: Date) -> Self {
        """
        SELECT extract(epoch FROM locked_until - \(now))::double precision FROM accounts.login_lock
        WHERE name = \(name.text) AND locked_until > \(now)
        """
    }
}

extension Query where Result == Bool {
    /// Counts one more failure; true when it locks the name: for `lock` the first time, twice as long each further time.
    static func countFailure(of name: LockName, most: Int, lock: Duration, at now: Date) -> Self {
        """
        INSERT INTO accounts.login_lock AS known (name, failures, first_failure_at, locks, locked_until)
        VALUES (\(name.text), 1, \(now), CASE WHEN \(most) <= 1 THEN 1 ELSE 0 END,
            CASE WHEN \(most) <= 1 THEN \(now) + \(lock) END)
        ON CONFLICT (name) DO UPDATE
        SET failures = CASE
                WHEN known.first_failure_at < \(now - failureWindow) THEN 1
                WHEN known.failures + 1 >= \(most) THEN 0
                ELSE known.failures + 1 END,
            first_failure_at = CASE
                WHEN known.first_failure_at < \(now - failureWindow) OR known.failures = 0 THEN \(now)
                ELSE known.first_failure_at END,
            locks = CASE
                WHEN known.first_failure_at >= \(now - failureWindow) AND known.failures + 1 >= \(most)
                THEN known.locks + 1 ELSE known.locks END,
            locked_until = CASE
                WHEN known.first_failure_at >= \(now - failureWindow) AND known.failures + 1 >= \(most)
                THEN \(now) + least(\(lock) * power(2, least(known.locks, 20)), \(longestLock))
                ELSE known.locked_until END
        RETURNING locked_until IS NOT NULL AND locked_until > \(now)
        """
    }
}

extension Query where Result == Void {
    static func forgetFailures(of name: LockName) -> Self {
        "DELETE FROM accounts.login_lock WHERE name = \(name.text)"
    }
}

extension Accounts {
    /// Seconds until the name may be tried again; nil when it may.
    func lockedSeconds(_ name: String) async throws -> Int? {
        let left = try await host.database.run(.lockLeft(of: LockName(name), at: host.clock.now))
        return left.map { max(1, Int($0.rounded(.up))) }
    }
}
