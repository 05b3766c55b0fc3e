import Contracts
import Core
import FoundationEssentials
import Postgres

extension Query where Result == Int64? {
    /// The session that somebody listened to last.
    static func lastStream(of user: Int64) -> Self {
        "SELECT session_id FROM accounts.last_stream WHERE user_id = \(user)"
    }
}

extension Query where Result == Void {
    static func keepStream(_ session: ID<ChargingSession>, of user: Int64, at now: Date) -> Self {
        """
        INSERT INTO accounts.last_stream (user_id, session_id, begun_at) VALUES (\(user), \(session), \(now))
        ON CONFLICT (user_id) DO UPDATE SET session_id = excluded.session_id, begun_at = excluded.begun_at
        """
    }

    static func endStream(_ session: ID<ChargingSession>, of user: Int64) -> Self {
        "DELETE FROM accounts.last_stream WHERE user_id = \(user) AND session_id = \(session)"
    }
}
