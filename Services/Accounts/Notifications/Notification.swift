import Contracts
import Core
import FoundationEssentials
import Postgres

/// Word to one person, kept until they have read it.
enum Notification {}

/// A notification as its owner sees it (api.md 4.8).
struct NotificationBody: Codable, Equatable, Sendable {
    var id: Int64
    var user: Int64
    @OrNull var meeting: Int64?
    var title: String
    var message: String
    var type: NotificationType
    var is_read: Bool
    var created_at: Date
}

enum NotificationType: String, Codable, CaseIterable, Sendable {
    case booked = "new_reservation"
    case confirmed = "reservation_confirmed"
    case canceled = "reservation_canceled"
    case reminder
    case system
}

extension NotificationBody: RowDecodable {
    init(_ cells: inout Cells) throws {
        id = try cells.next()
        user = try cells.next()
        _meeting = OrNull(wrappedValue: try cells.next())
        title = try cells.next()
        message = try cells.next()
        let word: String = try cells.next()
        // The table's own constraint keeps other words out.
        type = NotificationType(rawValue: word) ?? .system
        is_read = try cells.next()
        created_at = try cells.next()
    }
}

/// A notification before it is written.
struct News: Equatable, Sendable {
    let user: ID<User>
    let type: NotificationType
    let title: String
    let message: String
    let meeting: ID<Meeting>?
    /// What it was caused by, where that may be told twice.
    let cause: String?

    init(
        to user: ID<User>, _ type: NotificationType, _ title: String, _ message: String,
        about meeting: ID<Meeting>? = nil, cause: String? = nil
    ) {
        self.user = user
        self.type = type
        // What is named in it may be as long as people like.
        self.title = Bounded<100>(cutting: title).text
        self.message = Bounded<5_000>(cutting: message).text
        self.meeting = meeting
        self.cause = cause
    }
}

extension News {
    static func booked(_ meeting: MeetingRow, by student: Account) -> News {
        let name = student.name.isEmpty ? student.username : student.name
        return News(
            to: meeting.tutor, .booked, "New booking: \(meeting.subject)",
            "\(name) booked your time slot of \(Timestamp.text(meeting.slot.start)): \(meeting.subject).",
            about: meeting.id)
    }

    static func confirmed(_ meeting: MeetingRow) -> News {
        News(
            to: meeting.student, .confirmed, "Confirmed: \(meeting.subject)",
            "Your booking of \(Timestamp.text(meeting.slot.start)) is confirmed.", about: meeting.id)
    }

    static func canceled(_ meeting: MeetingRow, to person: ID<User>) -> News {
        News(
            to: person, .canceled, "Canceled: \(meeting.subject)",
            "The booking of \(Timestamp.text(meeting.slot.start)) is canceled.", about: meeting.id)
    }

    /// - Parameter lead: how long before: `24 hours`.
    static func reminder(_ meeting: MeetingRow, to person: ID<User>, lead: String) -> News {
        News(
            to: person, .reminder, "In \(lead): \(meeting.subject)",
            "The booking begins on \(Timestamp.text(meeting.slot.start)).", about: meeting.id)
    }
}
