import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres

/// Moves a held meeting to another status, with all that goes with it: the slot, the connector that is kept for it, and word
/// to the other side.
struct ChangeMeeting {
    let transaction: Transaction
    let now: Date

    /// Answers the reservation that is over by it: its station is told after the commit, by `Accounts.release`.
    ///
    /// Throws: `SlotRefusal`.
    func run(_ change: MeetingChange, of known: MeetingRow, by side: MeetingSide) async throws -> ID<
        Reservation
    >? {
        var next = known
        try next.apply(change, by: side, at: now)
        try await transaction.run(.store(next, at: now))
        guard next.status != known.status else { return nil }
        switch next.status {
        case .confirmed:
            try await keepConnector(for: next)
            try await transaction.run(.notify(.confirmed(next), at: now))
            return nil
        case .canceled:
            for person in side.others(tutor: next.tutor, student: next.student) {
                try await transaction.run(.notify(.canceled(next, to: person), at: now))
            }
            return try await free(next)
        case .pending, .completed: return nil
        }
    }

    private func keepConnector(for meeting: MeetingRow) async throws {
        let slot = meeting.slot
        guard let point = slot.point, slot.end > now else { return }
        _ = try await PlannedReservations(at: now).plan(
            for: meeting.id, of: meeting.student, at: point, connector: slot.connector.map(Int.init),
            from: slot.start, until: slot.end, in: transaction)
    }

    /// Whoever looks for a time may have it again, unless it is over.
    func free(_ meeting: MeetingRow) async throws -> ID<Reservation>? {
        if meeting.slot.end > now { try await transaction.run(.offer(meeting.slot.id, true)) }
        return try await PlannedReservations(at: now).cancel(of: meeting.id, in: transaction)
    }
}
