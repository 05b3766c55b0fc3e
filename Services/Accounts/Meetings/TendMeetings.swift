import Contracts
import Core
import FoundationEssentials
import Hosting
import Jobs
import Postgres

/// What happens to meetings as time passes: reminders go out, those that nobody confirmed are canceled, those that were held
/// are completed (api.md 5.5, 5.11, 5.12). Reservations of bookings have their own job.
struct TendMeetings: Sendable {
    let host: Host
    let completion: Duration

    struct Outcome: Codable, Equatable, Sendable {
        var reminded = 0
        var canceled = 0
        var completed = 0
    }

    func run() async throws -> Outcome {
        var outcome = Outcome()
        outcome.reminded = try await remind()
        outcome.canceled = try await cancelUnconfirmed()
        outcome.completed = try await host.database.run(
            .completeMeetings(endedBefore: host.clock.now - TimeInterval(completion.wholeSeconds))
        ).count
        return outcome
    }

    /// A day ahead whoever confirmed earlier than that; an hour ahead everybody. Once each, to both.
    private func remind() async throws -> Int {
        let host = host
        return try await host.database.transaction { transaction in
            let now = host.clock.now
            let hour = try await transaction.run(.remindHourAhead(at: now))
            let day = try await transaction.run(.remindDayAhead(at: now))
            for (meetings, lead) in [(hour, "1 hour"), (day, "24 hours")] {
                for meeting in meetings {
                    for person in [meeting.tutor, meeting.student] {
                        try await transaction.run(
                            .notify(.reminder(meeting, to: person, lead: lead), at: now))
                    }
                }
            }
            return hour.count + day.count
        }
    }

    private func cancelUnconfirmed() async throws -> Int {
        let host = host
        var count = 0
        for id in try await host.database.run(.unconfirmedMeetings(endedAt: host.clock.now)) {
            count += try await host.database.transaction { transaction in
                guard let known = try await transaction.run(.heldMeeting(id)), known.status == .pending else {
                    return 0
                }
                let change = MeetingChange(status: .canceled, notes: .absent)
                _ = try await ChangeMeeting(transaction: transaction, now: host.clock.now)
                    .run(change, of: known, by: .system)
                return 1
            }
        }
        return count
    }
}

extension Accounts {
    var meetingTending: Job {
        let tend = TendMeetings(host: host, completion: settings.bookings.completion)
        return Job("meetings", .every(seconds: 60)) { _ in try await tend.run() }
    }
}

extension Query where Result == [MeetingRow] {
    /// Marks and answers those that begin within the hour.
    fileprivate static func remindHourAhead(at now: Date) -> Self {
        .remind(
            """
            UPDATE accounts.meeting AS due SET reminded_hour_ahead = true, reminded_day_ahead = true
            FROM accounts.time_slot AS its
            WHERE its.id = due.slot_id AND due.status = 'confirmed' AND NOT due.reminded_hour_ahead
                AND its.start_time > \(now) AND its.start_time <= \(now + 3_600)
            RETURNING due.id
            """)
    }

    /// Marks and answers those that begin within a day, and were confirmed before that.
    fileprivate static func remindDayAhead(at now: Date) -> Self {
        .remind(
            """
            UPDATE accounts.meeting AS due SET reminded_day_ahead = true
            FROM accounts.time_slot AS its
            WHERE its.id = due.slot_id AND due.status = 'confirmed' AND NOT due.reminded_day_ahead
                AND its.start_time > \(now + 3_600) AND its.start_time <= \(now + 86_400)
                AND due.confirmed_at <= its.start_time - interval '24 hours'
            RETURNING due.id
            """)
    }

    private static func remind(_ marking: SQL) -> Self {
        """
        WITH marked AS (\(marking))
        \(rows: MeetingRow.self)
        WHERE meeting.id IN (SELECT id FROM marked)
        ORDER BY meeting.id
        """
    }
}

extension Query where Result == [ID<Meeting>] {
    fileprivate static func unconfirmedMeetings(endedAt now: Date) -> Self {
        """
        SELECT meeting.id
        FROM accounts.meeting AS meeting
        JOIN accounts.time_slot AS slot ON slot.id = meeting.slot_id
        WHERE meeting.status = 'pending' AND slot.end_time <= \(now)
        ORDER BY meeting.id
        LIMIT 1000
        """
    }
}

extension Query where Result == RowCount {
    fileprivate static func completeMeetings(endedBefore limit: Date) -> Self {
        """
        UPDATE accounts.meeting AS meeting SET status = 'completed'
        FROM accounts.time_slot AS slot
        WHERE slot.id = meeting.slot_id AND meeting.status = 'confirmed' AND slot.end_time <= \(limit)
        """
    }
}
