import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Tariff
import Telemetry

extension Gateway {
    /// Tells that a session has ended, once that is committed.
    func tell(_ event: SessionEnded) {
        figures.energy.add(Int(clamping: max(0, event.energy.wattHours)))
        host.bus.publish(event)
    }

    /// Closes a session that its station has not closed: by its last reading, or with nothing when there was none. Nil when it
    /// has ended already.
    func closeByLastReading(
        _ number: ID<ChargingSession>, end: SessionEnd, reason: String, note: String, _ now: Date,
        in transaction: Transaction
    ) async throws -> SessionEnded? {
        guard let held = try await transaction.run(.hold(number)), !held.isFinished,
            let reference = held.reference
        else { return nil }
        let moment = held.lastReading ?? held.startedAt ?? now
        let start = held.startedAt ?? moment
        let energy = held.lastReading == nil ? Energy.zero : held.energy
        let cost = held.price.cost(
            of: energy, lasting: max(.zero, moment.duration(since: start)))
        let close = SessionClose(
            status: "interrupted", end: end, reason: reason, at: max(moment, start),
            meter: held.count.register, energy: energy,
            price: held.lastReading == nil ? 0 : cost.beforeDiscount.minorUnits, isGuessed: true,
            received: now,
            note: note)
        try await transaction.run(.close(number, close))
        let event = SessionEnded(
            reference, end: .known(end), reason: reason, startedAt: held.startedAt, endedAt: close.at,
            energy: energy, isGuessed: true)
        try await transaction.run(.announce(event))
        return event
    }
}

extension Query where Result == Int64 {
    static var activeSessions: Self { "SELECT count(*) FROM gateway.session WHERE NOT is_finished" }
}
