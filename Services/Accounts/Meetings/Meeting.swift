import Contracts
import Core
import FoundationEssentials
import Postgres

/// Somebody comes into somebody's slot (api.md 4.8).
struct MeetingBody: Codable, Equatable, Sendable {
    var id: Int64
    /// Null once the account is deleted.
    @OrNull var student: Int64?
    var tutor: Int64
    var time_slot: Int64
    var subject: String
    @OrNull var notes: String?
    var status: MeetingStatus
    var created_at: Date
    @OrNull var reservation_id: Int64?
    @OrNull var charging_id: Int64?
}

struct MeetingInput: Codable, Sendable {
    var time_slot: ID<TimeSlot>
    var subject: Text<1, 100>
    /// Must own the slot.
    var tutor: ID<User>?
    var notes: Text<0, 5_000>?
    /// An administrator books for somebody else.
    var student: ID<User>?
}

/// What is written of a meeting; what is absent stays.
struct MeetingChange: Codable, Sendable {
    var status: MeetingStatus?
    var subject: Text<1, 100>?
    var notes: Patch<Text<0, 5_000>>
}

enum MeetingStatus: String, Codable, CaseIterable, Sendable {
    case pending, confirmed, canceled, completed

    var isLive: Bool { self == .pending || self == .confirmed }

    /// The table of api.md 5.5, for another status than this.
    func mayBecome(_ next: MeetingStatus, by side: MeetingSide, hasBegun: Bool) -> Bool {
        switch (self, next) {
        case (.pending, .confirmed): side.speaksForTutor
        case (.pending, .canceled), (.confirmed, .canceled): true
        case (.confirmed, .completed): side.speaksForTutor && hasBegun
        default: false
        }
    }
}

/// In whose name a meeting is changed.
enum MeetingSide: Equatable, Sendable {
    case tutor, student
    /// One of the two, with an administrator's rights.
    case tutorAsAdmin, studentAsAdmin
    case admin, system

    var speaksForTutor: Bool { self != .student }

    /// Who learns of a cancellation: the other side, or both where it came from outside.
    func others(tutor: ID<User>, student: ID<User>) -> [ID<User>] {
        switch self {
        case .tutor, .tutorAsAdmin: [student]
        case .student, .studentAsAdmin: [tutor]
        case .admin, .system: [tutor, student]
        }
    }
}

/// A meeting as it is stored, with its slot.
struct MeetingRow: JoinedRow, Equatable, Sendable {
    var id: ID<Meeting>
    var tutor: ID<User>
    var student: ID<User>
    var isStudentDeleted: Bool
    var subject: String
    var notes: String?
    private var word: String
    var createdAt: Date
    var charging: Int64?
    /// The newest one that was made for it.
    var reservation: Int64?
    var slot: TimeSlotRow

    static let columns = """
        meeting.id, meeting.tutor_id, meeting.student_id, student.deleted_at IS NOT NULL, meeting.subject,
        meeting.notes, meeting.status, meeting.created_at, meeting.charging_id,
        (SELECT max(kept.id) FROM accounts.reservation AS kept WHERE kept.meeting_id = meeting.id), \(TimeSlotRow.columns)
        """

    static let relations: SQL = """
        FROM accounts.meeting AS meeting
        JOIN accounts.time_slot AS slot ON slot.id = meeting.slot_id
        JOIN accounts.account AS student ON student.id = meeting.student_id
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        tutor = try cells.next()
        student = try cells.next()
        isStudentDeleted = try cells.next()
        subject = try cells.next()
        notes = try cells.next()
        word = try cells.next()
        createdAt = try cells.next()
        charging = try cells.next()
        reservation = try cells.next()
        slot = try TimeSlotRow(&cells)
    }

    // The table's own constraint keeps other words out.
    var status: MeetingStatus {
        get { MeetingStatus(rawValue: word) ?? .pending }
        set { word = newValue.rawValue }
    }

    /// Nil for whoever has no part in it and is no administrator.
    func side(of user: Int64, isAdmin: Bool) -> MeetingSide? {
        switch user {
        case tutor.number: isAdmin ? .tutorAsAdmin : .tutor
        case student.number: isAdmin ? .studentAsAdmin : .student
        default: isAdmin ? .admin : nil
        }
    }

    /// Takes over what is sent. What was agreed is the student's to word until the tutor has said yes.
    ///
    /// Throws: `SlotRefusal`.
    mutating func apply(_ change: MeetingChange, by side: MeetingSide, at now: Date) throws(SlotRefusal) {
        var next = self
        if let wanted = change.status, wanted != status {
            guard status.mayBecome(wanted, by: side, hasBegun: slot.start <= now) else {
                throw .illegalStatus
            }
            next.status = wanted
        }
        next.subject = change.subject?.text ?? subject
        next.notes = change.notes.map(\.text).applied(to: notes)
        let isReworded = next.subject != subject || next.notes != notes
        if isReworded, side == .student, status != .pending { throw .notAllowed }
        self = next
    }

    var body: MeetingBody {
        MeetingBody(
            id: id.number, student: isStudentDeleted ? nil : student.number, tutor: tutor.number,
            time_slot: slot.id.number, subject: subject, notes: notes, status: status, created_at: createdAt,
            reservation_id: reservation, charging_id: charging)
    }
}
