import Contracts
import Core
import FoundationEssentials
import Postgres

/// Reservations of bookings: planned when the booking is confirmed, put to the station when its time comes (`TendReservations`),
/// and taken back with it (api.md 5.4, 5.5).
///
///     let cancelled = try await database.transaction { transaction in
///         …
///         return try await PlannedReservations(at: now).cancel(of: meeting, in: transaction)
///     }
///     if let cancelled { await accounts.release(cancelled) }
struct PlannedReservations: Sendable {
    let now: Date

    init(at now: Date) { self.now = now }

    /// Keeps a connector for a booking's driver from `start` to `end`. Planning it twice answers the same one.
    ///
    /// - Parameter connector: nil for any of the point, which is chosen when the time comes.
    func plan(
        for meeting: ID<Meeting>, of driver: ID<User>, at point: String, connector: Int?, from start: Date,
        until end: Date, in transaction: Transaction
    ) async throws -> ID<Reservation> {
        if let known = try await transaction.run(.planned(for: meeting)) { return known.id }
        return try await transaction.run(
            .planReservation(
                of: driver, at: point, Int32(clamping: connector ?? 0), tag: "", meeting: meeting,
                from: start, until: end, now: now))
    }

    /// Takes it back; nil where there is none that could be. The station is told after the commit, by `Accounts.release`.
    func cancel(of meeting: ID<Meeting>, in transaction: Transaction) async throws -> ID<Reservation>? {
        guard let known = try await transaction.run(.planned(for: meeting)) else { return nil }
        try await transaction.run(.cancel(known.id, wasActive: known.status == "active", at: now))
        return known.id
    }
}

/// An unfinished reservation of a booking, held until the transaction ends.
private struct PlannedRow: Row, Sendable {
    var id: ID<Reservation>
    var status: String

    static let columns = "id, status"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        status = try cells.next()
    }
}

extension Query where Result == PlannedRow? {
    fileprivate static func planned(for meeting: ID<Meeting>) -> Self {
        """
        SELECT \(columns: PlannedRow.self) FROM accounts.reservation
        WHERE meeting_id = \(meeting) AND status IN ('planned', 'active')
        FOR UPDATE
        """
    }
}

extension Query where Result == Void {
    fileprivate static func cancel(_ id: ID<Reservation>, wasActive: Bool, at now: Date) -> Self {
        """
        UPDATE accounts.reservation SET status = 'cancelled', must_tell = \(wasActive), changed_at = \(now)
        WHERE id = \(id)
        """
    }
}
