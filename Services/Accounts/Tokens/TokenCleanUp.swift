import Core
import FoundationEssentials
import Hosting
import Jobs
import Postgres

extension Accounts {
    /// Takes away what nobody can log in with any more (api.md 5.12).
    var tokenCleanUp: Job {
        let (database, clock) = (host.database, host.clock)
        return Job("token clean-up", .every(seconds: 3_600)) { _ in
            let now = clock.now
            let logins = try await database.run(.forgetLogins(endedBefore: now - keptLogins))
            let invites = try await database.run(.forgetInvites(endedBefore: now))
            let resets = try await database.run(.forgetResets(endedBefore: now - 3_600))
            let codes = try await database.run(.forgetMailedCodes(endedBefore: now))
            let tokens = try await database.run(.forgetStartTokens(endedBefore: now - 86_400))
            let locks = try await database.run(.forgetLocks(endedBefore: now - keptLocks))
            return [
                "logins": logins.count, "invites": invites.count, "locks": locks.count,
                "codes": resets.count + codes.count, "start tokens": tokens.count,
            ]
        }
    }
}

/// A login that is over is still shown for a while, and a token of it is told that it was revoked.
private let keptLogins: TimeInterval = 30 * 86_400
/// How long it is remembered that a name was locked before, so that the next lock is longer.
private let keptLocks: TimeInterval = 7 * 86_400

extension Query where Result == RowCount {
    /// Their refresh tokens go with them.
    fileprivate static func forgetLogins(endedBefore limit: Date) -> Self {
        "DELETE FROM accounts.login_session WHERE expires_at < \(limit) OR revoked_at < \(limit)"
    }

    fileprivate static func forgetInvites(endedBefore limit: Date) -> Self {
        "DELETE FROM accounts.invite WHERE expires_at < \(limit)"
    }

    /// Kept for an hour beyond, for the count of codes in it.
    fileprivate static func forgetResets(endedBefore limit: Date) -> Self {
        "DELETE FROM accounts.password_reset WHERE expires_at < \(limit)"
    }

    fileprivate static func forgetMailedCodes(endedBefore limit: Date) -> Self {
        "DELETE FROM accounts.mailed_code WHERE expires_at < \(limit)"
    }

    fileprivate static func forgetLocks(endedBefore limit: Date) -> Self {
        """
        DELETE FROM accounts.login_lock
        WHERE first_failure_at < \(limit) AND (locked_until IS NULL OR locked_until < \(limit))
        """
    }
}
