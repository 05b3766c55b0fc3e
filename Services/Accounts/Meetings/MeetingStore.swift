import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// Which meetings are asked for.
struct MeetingFilter: Sendable {
    /// Where this person is student or tutor; nil for all.
    var participant: Int64?
    var status: MeetingStatus?
    var slot: Int64?

    fileprivate var condition: SQL {
        var condition: SQL = "true"
        if let participant {
            condition = "(meeting.student_id = \(participant) OR meeting.tutor_id = \(participant))"
        }
        if let status { condition = "\(condition) AND meeting.status = \(status.rawValue)" }
        if let slot { condition = "\(condition) AND meeting.slot_id = \(slot)" }
        return condition
    }
}

extension Query where Result == [MeetingRow] {
    /// Newest first.
    static func meetings(_ filter: MeetingFilter, _ cut: Cut) -> Self {
        """
        \(rows: MeetingRow.self)
        WHERE \(filter.condition)
        ORDER BY meeting.id DESC
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == Int64 {
    static func countMeetings(_ filter: MeetingFilter) -> Self {
        "SELECT count(*) FROM accounts.meeting AS meeting WHERE \(filter.condition)"
    }
}

extension Query where Result == MeetingRow? {
    static func meeting(_ id: ID<Meeting>) -> Self {
        """
        \(rows: MeetingRow.self)
        WHERE meeting.id = \(id)
        """
    }

    /// Holds it and its slot for the rest of the transaction.
    static func heldMeeting(_ id: ID<Meeting>) -> Self {
        """
        \(rows: MeetingRow.self)
        WHERE meeting.id = \(id)
        FOR UPDATE OF meeting, slot
        """
    }
}

extension Query where Result == ID<Meeting> {
    static func book(
        _ slot: TimeSlotRow, for student: ID<User>, _ subject: String, notes: String?, at now: Date
    ) -> Self {
        """
        INSERT INTO accounts.meeting (slot_id, tutor_id, student_id, subject, notes, created_at)
        VALUES (\(slot.id), \(slot.tutor), \(student), \(subject), \(notes as String?), \(now))
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func offer(_ slot: ID<TimeSlot>, _ isAvailable: Bool) -> Self {
        "UPDATE accounts.time_slot SET is_available = \(isAvailable) WHERE id = \(slot)"
    }

    static func store(_ meeting: MeetingRow, at now: Date) -> Self {
        """
        UPDATE accounts.meeting
        SET status = \(meeting.status.rawValue), subject = \(meeting.subject), notes = \(meeting.notes as String?),
            confirmed_at = CASE WHEN \(meeting.status.rawValue) = 'confirmed' THEN coalesce(confirmed_at, \(now))
                ELSE confirmed_at END
        WHERE id = \(meeting.id)
        """
    }

    static func remove(_ meeting: ID<Meeting>) -> Self {
        "DELETE FROM accounts.meeting WHERE id = \(meeting)"
    }
}
