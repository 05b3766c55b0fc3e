import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Tariff

extension Gateway {
    private static let confirmation = Array("{}".utf8)

    /// Readings of a session, or between sessions. Answered when they are durable, whatever they hold.
    func answerMeterValues(_ frame: OCPPFrame, from link: StationLink, at received: Date) async throws
        -> [UInt8]
    {
        let rows: [StoredReading]
        if let request = try? frame.decode(V16.MeterValues.Request.self) {
            rows = try await readings(
                of: request.connectorId, request.transactionId,
                request.meterValue.map {
                    (StationClock.judge($0.timestamp, received: received), $0.sampledValue)
                },
                link, received)
        } else {
            quarantine(link.id, frame, "readings that their schema refuses")
            let legible = V16.MeterValues.Legible(frame.document, at: frame.payload)
            rows = try await readings(
                of: legible.connectorId ?? 0, legible.transactionId,
                legible.meterValue.map {
                    (StationClock.judge($0.timestamp, received: received), $0.sampledValue)
                },
                link, received)
        }
        guard rows.count != 1 else {
            try await readings.insert(rows[0])
            return Self.confirmation
        }
        // A station that was offline sends many at once.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for row in rows { group.addTask { try await self.readings.insert(row) } }
            try await group.waitForAll()
        }
        return Self.confirmation
    }

    /// Rows of samples, and the session moved on by them in memory.
    private func readings(
        of connector: Int, _ transaction: Int?, _ samples: [(StationClock, [V16.SampledValue])],
        _ link: StationLink, _ received: Date
    ) async throws -> [StoredReading] {
        let (place, joined) = try await session(of: connector, transaction, link)
        // The sweep has given it up, and it goes on: for an operator to judge, should its stop never come.
        let closed =
            if place == nil, let transaction, transaction > 0 {
                try await host.database.run(.closedSession(Int64(transaction), at: link.id))
            } else {
                ID<ChargingSession>?.none
            }
        var rows: [StoredReading] = []
        rows.reserveCapacity(samples.count)
        for timed in samples.map({ TimedSample($0.0, $0.1) }).sorted() {
            var timed = timed
            if let joined { timed.sample.repair(joined) }
            if closed != nil { timed.sample.doubt("told after the session was closed") }
            var row = row(&timed, place, place ?? connector, link, received)
            if let closed { (row.session, row.mayBeKnown) = (closed.number, true) }
            rows.append(row)
        }
        if let place { stopWhereReached(place, link) }
        return rows
    }

    private func row(
        _ timed: inout TimedSample, _ place: Int?, _ connector: Int, _ link: StationLink, _ received: Date
    ) -> StoredReading {
        let moment = timed.clock.moment
        var energy = Energy.zero
        var cost: SessionCost?
        var mayBeKnown = false
        if let place, var live = link.sessions[place] {
            mayBeKnown = moment <= live.count.lastTaken
            energy = live.count.take(&timed.sample, at: moment)
            cost = live.cost(of: energy, at: moment)
            link.sessions[place] = live
        }
        let live = place.flatMap { link.sessions[$0] }
        let status = link.lastStatus[connector]?.status ?? ""
        var stored = StoredReading(
            timed, session: live?.number, of: live?.count, at: link.id, connector, energy: energy,
            price: cost?.beforeDiscount, status: status, received: received)
        stored.mayBeKnown = mayBeKnown
        if let live, let cost {
            let sample = timed.sample
            stored.told = ReadingsStored.Reading(
                session: live.number, place: ConnectorPlace(link.id, connector), user: live.user,
                takenAt: moment,
                minute: max(0, Int(moment.duration(since: live.startedAt).wholeSeconds / 60)),
                register: Energy(wattHours: (live.count.start ?? 0) + energy.wattHours), energy: energy,
                price: cost.beforeDiscount, cost: cost.total, powerW: sample.powerW.map(Int.init),
                stateOfCharge: sample.stateOfCharge.map(Int.init), currentA: sample.current,
                voltageV: sample.voltage, offeredA: sample.offered,
                status: status.isEmpty ? nil : Open(status))
        }
        return stored
    }

    /// The connector whose session the samples belong to: by number, else by the connector (missing, 0, −1, another's).
    private func session(
        of connector: Int, _ transaction: Int?, _ link: StationLink
    ) async throws -> (place: Int?, joined: String?) {
        if let transaction, transaction > 0 {
            if let found = link.sessions.first(where: { $0.value.number.number == Int64(transaction) }) {
                return (found.key, nil)
            }
            // Perhaps begun at another gateway, or before this connection.
            if let known = try await host.database.run(.liveSession(Int64(transaction), at: link.id)) {
                link.sessions[Int(known.connector)] = known
                return (Int(known.connector), nil)
            }
        }
        if link.sessions[connector]?.isStarted == true {
            return (connector, "joined by the connector")
        }
        return (nil, nil)
    }

    /// Asks the station to stop once its target is reached; again with the next reading where it did not hear. Loop thread only.
    func stopWhereReached(_ connector: Int, _ link: StationLink) {
        guard let live = link.sessions[connector], let target = live.target, live.energy >= target,
            live.isStarted, !live.wasToldToStop
        else { return }
        link.sessions[connector]?.wasToldToStop = true
        Task(executorPreference: link.loop) {
            let outcome = await self.stop(live.number, on: link, because: .targetReached)
            if case .answered(let answer) = outcome, Self.status(in: answer) == "Accepted" { return }
            if link.sessions[connector]?.number == live.number {
                link.sessions[connector]?.wasToldToStop = false
            }
        }
    }
}
