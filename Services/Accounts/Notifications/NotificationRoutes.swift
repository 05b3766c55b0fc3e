import Contracts
import Core
import HTTP
import Hosting
import Postgres

struct NotificationQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var is_read: Bool?
    var type: NotificationType?
}

/// Everything else of a notification is not for its reader to write, and ignored.
struct NotificationChange: Codable, Sendable {
    var is_read: Bool?
}

struct UpdatedCount: Codable, Equatable, Sendable {
    var updated: Int
}

struct BroadcastInput: Codable, Sendable {
    var title: Text<1, 100>
    var message: Text<1, 5_000>
    var group: Text<0, 50>?
    /// Empty for user.
    var role: RoleWord?
}

struct RecipientCount: Codable, Equatable, Sendable {
    var recipients: Int
}

typealias NotificationPath = ByID<Notification>

/// Every "no" about notifications.
enum NotificationRefusal: Refusal, Equatable {
    case noSuchNotification
    case noSuchCar
    /// Whoever writes the texts is away, and nobody is to take their place.
    case noText

    var problem: Problem {
        switch self {
        case .noSuchNotification: Problem(.notFound, "notification not found")
        case .noSuchCar: Problem(.notFound, "car not found")
        case .noText:
            Problem(
                .serviceUnavailable, "the text provider cannot be reached", headers: ["Retry-After": "30"])
        }
    }
}

extension Accounts {
    @RouteTable var notificationRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/notifications", listNotifications).failing("Failed to get notifications")
            .summary("The caller's notifications, newest first").needs(.user)
        Route(.get, "/api/v1/notifications/:id", showNotification).failing("Failed to get notification")
            .summary("One notification").needs(.user)
        Route(.patch, "/api/v1/notifications/:id", markNotification).failing("Failed to update notification")
            .summary("Mark a notification as read or unread").needs(.user)
        Route(.post, "/api/v1/notifications/read-all", markAllNotifications)
            .failing("Failed to update notifications").summary("Mark all as read").needs(.user)
        Route(.post, "/api/v1/notifications/broadcast", broadcast).failing("Failed to send notifications")
            .summary("Tell everybody, a group or a role").needs(.admin)
    }

    func listNotifications(_ call: Call<None, NotificationQuery, None>) async throws
        -> Listed<NotificationBody>
    {
        let database = host.database
        let filter = NotificationFilter(
            user: call.identified.user, isRead: call.query.is_read, type: call.query.type)
        return try await Listed(call.query, of: call.request) {
            Int(try await database.run(.countNotifications(filter)))
        } rows: { cut in
            try await database.run(.notifications(filter, cut))
        }
    }

    func showNotification(_ call: Call<NotificationPath, None, None>) async throws -> OK<NotificationBody> {
        guard
            let body = try await host.database.run(
                .notification(call.path.id, of: call.identified.user))
        else { throw NotificationRefusal.noSuchNotification }
        return OK(body)
    }

    func markNotification(_ call: Call<NotificationPath, None, NotificationChange>) async throws
        -> OK<NotificationBody>
    {
        guard
            let body = try await host.database.run(
                .mark(call.path.id, of: call.identified.user, isRead: call.body.is_read))
        else { throw NotificationRefusal.noSuchNotification }
        return OK(body)
    }

    func markAllNotifications(_ call: Call<None, None, None>) async throws -> OK<UpdatedCount> {
        OK(UpdatedCount(updated: try await host.database.run(.markAllRead(of: call.identified.user)).count))
    }

    func broadcast(_ call: Call<None, None, BroadcastInput>) async throws -> Accepted<RecipientCount> {
        let (host, caller, request, body) = (host, call.identified, call.request, call.body)
        let group = body.group.flatMap { $0.text.isEmpty ? nil : $0.text }
        let told = try await host.database.transaction { transaction in
            let now = host.clock.now
            let told = try await transaction.run(
                .broadcast(
                    body.title.text, body.message.text, role: body.role?.role, group: group, at: now))
            let details: JSONValue = [
                "title": .string(body.title.text), "recipients": .integer(Int64(told.count)),
            ]
            try await transaction.run(
                .record(
                    AuditEntry("BROADCAST", by: caller.user, details, from: request), in: .accounts, at: now))
            return told.count
        }
        return Accepted(RecipientCount(recipients: told))
    }
}
