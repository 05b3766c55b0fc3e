import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Jobs
import Lifecycle
import Postgres

/// Begins the reservations of bookings when their time comes, ends those whose time is over, and tells stations what they
/// missed (api.md 5.4, 5.12).
struct TendReservations: Sendable {
    let accounts: Accounts

    /// How long a station that is away is tried again.
    private static let patience: TimeInterval = 600
    /// A wish that nobody has finished after this time was left behind by a process that went away.
    private static let wishTime: TimeInterval = 60

    func run() async throws -> (begun: Int, ended: Int) {
        let (database, now) = (accounts.host.database, accounts.host.clock.now)
        for row in try await database.run(.missedReservations(at: now)) {
            _ = try await giveUp(row, row.detail.isEmpty ? "its time passed" : row.detail)
        }
        let over = try await database.run(.expireReservations(at: now)).count
        let forgotten = try await database.run(.failForgotten(before: now - Self.wishTime, at: now)).count
        for row in try await database.run(.untoldReservations(at: now)) { await accounts.release(row.id) }
        // One station that does not answer keeps no other waiting.
        let due = try await database.run(.dueReservations(at: now))
        let begun = try await withThrowingTaskGroup(of: Bool.self) { group in
            for row in due { group.addTask { try await begin(row) } }
            return try await group.reduce(into: 0) { count, hasBegun in count += hasBegun ? 1 : 0 }
        }
        return (begun, over + forgotten)
    }

    /// Puts a booking's reservation to its station. Answers whether it was taken.
    private func begin(_ row: ReservationRow) async throws -> Bool {
        let (database, now) = (accounts.host.database, accounts.host.clock.now)
        guard try await database.run(.askAbout(row.id, "kept.status = 'planned'", at: now)).count == 1 else {
            return false
        }
        guard let connector = try await database.run(.connector(for: row)) else {
            return try await giveUp(row, "no connector is free")
        }
        let tag = try await accounts.tagForStart(of: row.user)
        do {
            let word = try await accounts.askToKeep(
                row, connector: connector, tag: tag, by: .system(.accounts))
            guard word == "Accepted" else {
                // Its driver came early and charges already.
                let isUsed = try await database.run(.useBySession(row.id, connector, at: now)).count == 1
                return isUsed ? true : try await giveUp(row, "charge point answered \(word)")
            }
        } catch let refusal as CommandRefusal {
            let mayWait = refusal.known == .offline || refusal.known == .noAnswer
            guard mayWait, now.duration(since: row.startsAt) < .seconds(Self.patience) else {
                return try await giveUp(row, refusal.reason, mustTell: refusal.known == .noAnswer)
            }
            try await database.run(.noteWait(of: row.id, refusal.reason, at: now))
            return false
        }
        do {
            if try await database.run(.activate(row.id, connector, tag: tag, at: now)).count == 1 {
                return true
            }
        } catch let error as DatabaseError where error.violatesUnique("reservation_on_connector") {
            _ = try await giveUp(row, "connector is reserved", mustTell: true)
        }
        // A run that was given up on may have been quicker: to the station it is the same reservation.
        let known = try await database.run(.reservation(row.id))
        guard let known, !["active", "used"].contains(known.status) else { return false }
        // Cancelled while the station was asked, or its connector is another's by now.
        try await database.run(.mustTellReservation(row.id))
        await accounts.release(row.id)
        return false
    }

    private func giveUp(_ row: ReservationRow, _ why: String, mustTell: Bool = false) async throws -> Bool {
        let now = accounts.host.clock.now
        try await accounts.host.database.transaction { transaction in
            let failed = try await transaction.run(
                .failReservation(row.id, why, mustTell: mustTell, at: now))
            if failed.count == 1 { try await transaction.run(.tellFailure(of: row, why, at: now)) }
        }
        return false
    }
}

extension Accounts {
    var reservationTending: Job {
        let tend = TendReservations(accounts: self)
        return Job("reservations", .every(seconds: 60)) { _ in
            let outcome = try await tend.run()
            return ["begun": outcome.begun, "ended": outcome.ended]
        }
    }

    /// Reservations by which sessions begin are used; the gateway decided which.
    var reservationUse: Part {
        let (host, database, clock) = (host, host.database, host.clock)
        let consumer = EventConsumer(
            "reservations", reading: .gateway, on: database, bus: host.bus,
            inTransaction: [
                .on(SessionStarted.self) { told, transaction in
                    guard let reservation = told.event.reservation else { return }
                    _ = try await transaction.run(
                        .useReservation(
                            reservation, at: told.event.session.place.chargePoint.text, now: clock.now))
                }
            ])
        return host.task("reservations") { await consumer.run() }
    }
}

extension Query where Result == Void {
    /// Both sides of the booking hear of it.
    fileprivate static func tellFailure(of row: ReservationRow, _ why: String, at now: Date) -> Self {
        let message = "\(row.point) could not be reserved: \(why)."
        return """
            INSERT INTO accounts.notification (user_id, meeting_id, title, message, type, created_at)
            SELECT DISTINCT side, meeting.id, 'Reservation failed', \(message), 'system', \(now)
            FROM accounts.meeting AS meeting, unnest(ARRAY[meeting.student_id, meeting.tutor_id]) AS side
            WHERE meeting.id = \(row.meeting as ID<Meeting>?)
            """
    }
}

extension Query where Result == RowCount {
    fileprivate static func useBySession(_ id: ID<Reservation>, _ connector: Int32, at now: Date) -> Self {
        """
        UPDATE accounts.reservation AS kept
        SET status = 'used', connector_id = \(connector), changed_at = \(now)
        WHERE kept.id = \(id) AND kept.status = 'planned' AND EXISTS (
            SELECT FROM gateway_view.session AS charge
            WHERE charge.charge_point_id = kept.charge_point_id AND charge.connector_id = \(connector)
                AND charge.user_id = kept.user_id AND NOT charge.is_finished)
        """
    }
}

extension Query where Result == Int32? {
    /// The one that was booked, or the first of the point that can be had.
    fileprivate static func connector(for row: ReservationRow) -> Self {
        """
        SELECT connector.number
        FROM accounts.connector AS connector
        LEFT JOIN gateway_view.connector_status AS report
            ON report.charge_point_id = connector.charge_point_id AND report.connector_id = connector.number
        WHERE connector.charge_point_id = \(row.point) AND connector.deleted_at IS NULL
            AND (connector.number = \(row.connector)
                OR (\(row.connector) = 0 AND connector.is_active AND connector.overlay IS NULL
                    AND coalesce(report.status, 'Available') = 'Available' AND report.session_id IS NULL
                    AND NOT EXISTS (
                        SELECT FROM accounts.reservation AS other
                        WHERE other.charge_point_id = connector.charge_point_id
                            AND other.connector_id = connector.number AND other.status = 'active')))
        ORDER BY connector.number
        LIMIT 1
        """
    }
}
