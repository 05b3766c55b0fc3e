import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Tariff

/// A doubtful reading, held until the transaction ends.
private struct HeldReading: Row, Sendable {
    var session: Int64?
    var grade: String
    var register: Int64?
    var taken: Date

    static let columns = "session_id, grade, register_wh, taken_at"

    init(_ cells: inout Cells) throws {
        session = try cells.next()
        grade = try cells.next()
        register = try cells.next()
        taken = try cells.next()
    }
}

extension Gateway {
    /// A reading that is found good counts after all, and amends a session that has ended; one that is rejected never did.
    func review(_ wish: ReviewReading) async throws -> Done {
        let event = try await host.database.transaction { transaction -> SessionAmended? in
            guard let reading = try await transaction.run(.hold(wish.reading, of: wish.chargePoint)) else {
                throw CommandRefusal(.failed, "reading not found")
            }
            guard reading.grade == "doubtful" else { throw CommandRefusal.decidedAlready }
            guard wish.isGood else {
                try await transaction.run(.decide(wish, energy: nil))
                return nil
            }
            guard let number = reading.session, let register = reading.register,
                let held = try await transaction.run(.hold(number, at: wish.chargePoint)),
                let reference = held.reference, let start = held.count.start, register >= start
            else { throw CommandRefusal(.inUse, "the reading lies below its session's start") }
            let energy = Energy(wattHours: register - start)
            try await transaction.run(.decide(wish, energy: energy))
            guard energy > held.energy else { return nil }
            return try await self.amend(held, reference, to: energy, in: transaction)
        }
        if let event { host.bus.publish(event) }
        return Done()
    }

    /// Nil for a session that goes on: its stop will see to it.
    private func amend(
        _ held: HeldSession, _ reference: SessionReference, to energy: Energy, in transaction: Transaction
    ) async throws -> SessionAmended? {
        guard held.isFinished, let end = held.endedAt else {
            try await transaction.run(.raise(held.number, to: energy))
            return nil
        }
        let amendment = held.amendment + 1
        let cost = held.price.cost(of: energy, lasting: end.duration(since: held.startedAt ?? end))
        try await transaction.run(
            .amend(held.number, to: energy, price: cost.beforeDiscount.minorUnits, as: amendment))
        let event = SessionAmended(
            reference, amendment: Int(amendment), energy: energy, endedAt: end,
            cause: .known(.readingReviewed))
        try await transaction.run(.announce(event))
        return event
    }
}

extension Query where Result == HeldReading? {
    fileprivate static func hold(_ reading: ID<MeterReading>, of point: ChargePointID) -> Self {
        """
        SELECT \(columns: HeldReading.self) FROM gateway.meter_reading
        WHERE reading_id = \(reading) AND charge_point_id = \(point.text) AND rule <> ''
        FOR UPDATE
        """
    }
}

extension Query where Result == Void {
    fileprivate static func decide(_ wish: ReviewReading, energy: Energy?) -> Self {
        """
        UPDATE gateway.meter_reading
        SET grade = \(wish.isGood ? "good" : "rejected"), energy_wh = coalesce(\(energy as Energy?), energy_wh),
            rule = concat_ws('; ', rule, \(wish.isGood ? "accepted by an operator" : "rejected by an operator"),
                nullif(\(wish.note ?? ""), ''))
        WHERE reading_id = \(wish.reading) AND charge_point_id = \(wish.chargePoint.text) AND rule <> ''
        """
    }

    fileprivate static func raise(_ number: ID<ChargingSession>, to energy: Energy) -> Self {
        "UPDATE gateway.session SET energy_wh = greatest(energy_wh, \(energy)) WHERE session_id = \(number)"
    }

    fileprivate static func amend(
        _ number: ID<ChargingSession>, to energy: Energy, price: Int64, as amendment: Int32
    ) -> Self {
        """
        UPDATE gateway.session
        SET energy_wh = \(energy), price_running = \(price), amendment = \(amendment),
            meter_stop = coalesce(counted_from, meter_start) + \(energy)
        WHERE session_id = \(number)
        """
    }
}
