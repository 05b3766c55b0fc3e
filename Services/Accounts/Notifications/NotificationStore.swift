import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// Which of somebody's notifications are asked for.
struct NotificationFilter: Sendable {
    let user: Int64
    var isRead: Bool?
    var type: NotificationType?

    fileprivate var condition: SQL {
        var condition: SQL = "user_id = \(user)"
        if let isRead { condition = "\(condition) AND is_read = \(isRead)" }
        if let type { condition = "\(condition) AND type = \(type.rawValue)" }
        return condition
    }
}

extension NotificationBody {
    fileprivate static let columns: SQL = "id, user_id, meeting_id, title, message, type, is_read, created_at"
}

extension Query where Result == [NotificationBody] {
    /// Newest first.
    static func notifications(_ filter: NotificationFilter, _ cut: Cut) -> Self {
        """
        SELECT \(NotificationBody.columns) FROM accounts.notification
        WHERE \(filter.condition)
        ORDER BY id DESC
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == NotificationBody? {
    /// Nil for somebody else's.
    static func notification(_ id: ID<Notification>, of user: Int64) -> Self {
        """
        SELECT \(NotificationBody.columns) FROM accounts.notification
        WHERE id = \(id) AND user_id = \(user)
        """
    }

    /// - Parameter isRead: nil leaves it as it is.
    static func mark(_ id: ID<Notification>, of user: Int64, isRead: Bool?) -> Self {
        """
        UPDATE accounts.notification SET is_read = coalesce(\(isRead as Bool?), is_read)
        WHERE id = \(id) AND user_id = \(user)
        RETURNING \(NotificationBody.columns)
        """
    }
}

extension Query where Result == Int64 {
    static func countNotifications(_ filter: NotificationFilter) -> Self {
        "SELECT count(*) FROM accounts.notification WHERE \(filter.condition)"
    }
}

extension Query where Result == RowCount {
    static func markAllRead(of user: Int64) -> Self {
        "UPDATE accounts.notification SET is_read = true WHERE user_id = \(user) AND NOT is_read"
    }

    /// - Parameters:
    ///   - role: nil for everybody.
    ///   - group: nil for everybody.
    static func broadcast(_ title: String, _ message: String, role: Role?, group: String?, at now: Date)
        -> Self
    {
        """
        INSERT INTO accounts.notification (user_id, title, message, type, created_at)
        SELECT id, \(title), \(message), 'system', \(now) FROM accounts.account
        WHERE deleted_at IS NULL AND status = 'active'
            AND (\(role?.rawValue as String?)::text IS NULL OR role = \(role?.rawValue as String?))
            AND (\(group as String?)::text IS NULL OR user_group = \(group as String?))
        """
    }
}

extension SQL {
    /// Not to who has gone meanwhile, and once of each cause.
    fileprivate static func notify(_ news: News, at now: Date) -> SQL {
        """
        INSERT INTO accounts.notification (user_id, meeting_id, title, message, type, cause, created_at)
        SELECT id, \(news.meeting as ID<Meeting>?), \(news.title), \(news.message), \(news.type.rawValue),
            \(news.cause as String?), \(now)
        FROM accounts.account
        WHERE id = \(news.user) AND deleted_at IS NULL
        ON CONFLICT (user_id, cause) WHERE cause IS NOT NULL DO NOTHING
        """
    }
}

extension Query where Result == Void {
    static func notify(_ news: News, at now: Date) -> Self { "\(SQL.notify(news, at: now))" }
}

extension Query where Result == RowCount {
    /// No row for what was told before.
    static func notifyOnce(_ news: News, at now: Date) -> Self { "\(SQL.notify(news, at: now))" }
}
