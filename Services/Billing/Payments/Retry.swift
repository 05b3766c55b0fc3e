import Contracts
import Core
import FoundationEssentials
import Postgres

extension Query where Result == Int16? {
    static func lastAttempt(of session: ID<ChargingSession>) -> Self {
        "SELECT attempt FROM billing.payment_retry WHERE session_id = \(session) AND status <> 'done'"
    }
}

extension Query where Result == Void {
    static func planRetry(
        of session: ID<ChargingSession>, for user: ID<User>, attempt: Int16, at next: Date?, result: String
    ) -> Self {
        """
        INSERT INTO billing.payment_retry (session_id, user_id, attempt, next_at, last_result, status)
        VALUES (\(session), \(user), \(attempt), \(next as Date?), \(result), \(next == nil ? "given_up" : "planned"))
        ON CONFLICT (session_id) DO UPDATE
        SET attempt = excluded.attempt, next_at = excluded.next_at, last_result = excluded.last_result,
            status = excluded.status
        """
    }

    static func endRetry(of session: ID<ChargingSession>, result: String) -> Self {
        """
        UPDATE billing.payment_retry SET status = 'done', next_at = NULL, last_result = \(result)
        WHERE session_id = \(session) AND EXISTS (
            SELECT FROM billing.settled_session AS due WHERE due.session_id = \(session) AND due.paid >= due.cost)
        """
    }

    /// A new card is tried at once.
    static func retryNow(of user: ID<User>, at now: Date) -> Self {
        "UPDATE billing.payment_retry SET next_at = \(now) WHERE user_id = \(user) AND status = 'planned'"
    }
}
