import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Tariff

/// A stop as it was reported, legible or not.
struct ReportedStop: Sendable {
    var transaction: Int64
    var tag: String
    var meter: Int64
    var moment: Date
    var reason: String
    var note: String
    var samples: [(clock: StationClock, sample: Sample)]
}

extension Gateway {
    /// A session has ended: closed once, however often that is told; confirmed always.
    func answerStop(_ frame: OCPPFrame, from link: StationLink, at received: Date) async throws -> [UInt8] {
        let stop = read(frame, of: link, received)
        let outcome = try await close(stop, link, received)
        for event in outcome.events { event.publish(host.bus) }
        if let connector = outcome.connector {
            if link.sessions[connector]?.number.number == stop.transaction { link.sessions[connector] = nil }
        }
        log(link.id, "StopTransaction", "session \(stop.transaction): \(stop.reason), \(outcome.word)")
        var payload: [UInt8] = []
        let info: V16.IdTagInfo? =
            stop.tag.isEmpty ? nil : try await judge(PresentedTag(stop.tag), at: link, received).info
        V16.StopTransaction.write(.init(idTagInfo: info), into: &payload)
        return payload
    }

    private func read(_ frame: OCPPFrame, of link: StationLink, _ received: Date) -> ReportedStop {
        if let request = try? frame.decode(V16.StopTransaction.Request.self) {
            return stop(
                request.transactionId, request.idTag?.text, request.meterStop, request.timestamp,
                request.reason,
                (request.transactionData ?? []).map { ($0.timestamp, $0.sampledValue) }, received,
                quarantined: false)
        }
        quarantine(link.id, frame, "a stop that its schema refuses")
        let legible = V16.StopTransaction.Legible(frame.document, at: frame.payload)
        return stop(
            legible.transactionId ?? 0, legible.idTag, legible.meterStop ?? 0, legible.timestamp,
            legible.reason,
            legible.transactionData.map { ($0.timestamp, $0.sampledValue) }, received, quarantined: true)
    }

    private func stop(
        _ transaction: Int, _ tag: String?, _ meter: Int, _ timestamp: Timestamp?,
        _ reason: Open<V16.StopReason>?, _ data: [(Timestamp?, [V16.SampledValue])], _ received: Date,
        quarantined: Bool
    ) -> ReportedStop {
        let clock = StationClock.judge(timestamp, received: received)
        let samples = data.map {
            ($0.0.map { StationClock.judge($0, received: received) } ?? clock, Sample($0.1))
        }
        return ReportedStop(
            transaction: Int64(transaction), tag: tag ?? "", meter: Int64(meter), moment: clock.moment,
            reason: reason?.word ?? V16.StopReason.local.rawValue,
            note: [clock.doubt, quarantined ? "illegible stop" : nil].compactMap { $0 }.joined(
                separator: "; "),
            samples: samples.map { (clock: $0.0, sample: $0.1) })
    }

    private struct Outcome: Sendable {
        var events: [ToldEvent] = []
        var connector: Int?
        var word: String
    }

    private func close(_ stop: ReportedStop, _ link: StationLink, _ received: Date) async throws -> Outcome {
        let point = link.id
        return try await host.database.transaction { transaction in
            guard stop.transaction > 0,
                let held = try await transaction.run(.hold(stop.transaction, at: point)),
                let reference = held.reference
            else {
                let kept = try await transaction.run(
                    .keepOrphan(
                        stop.transaction, at: point, tag: stop.tag, meter: stop.meter, moment: stop.moment,
                        reason: stop.reason, received: received))
                return Outcome(
                    word: kept.count == 1 ? "of no session that is known, kept for an operator" : "told again"
                )
            }
            let close = self.end(held, stop, received)
            guard held.isFinished else {
                try await transaction.run(.close(held.number, close))
                let event = SessionEnded(
                    reference, end: .known(close.end), reason: close.reason, startedAt: held.startedAt,
                    endedAt: close.at, energy: close.energy, isGuessed: close.isGuessed)
                try await transaction.run(.announce(event))
                return Outcome(
                    events: [.ended(event)], connector: Int(held.connector),
                    word: "\(close.energy.wattHours) Wh")
            }
            guard held.isGuessed, close.energy > held.energy else {
                return Outcome(connector: Int(held.connector), word: "told again")
            }
            let amendment = held.amendment + 1
            try await transaction.run(.amend(held.number, close, as: amendment))
            let event = SessionAmended(
                reference, amendment: Int(amendment), energy: close.energy, endedAt: close.at,
                cause: .known(.lateStop))
            try await transaction.run(.announce(event))
            return Outcome(events: [.amended(event)], connector: Int(held.connector), word: "amended")
        }
    }

    /// What the session comes to: a meter below the start, or beyond what the connector can have given, counts as the last
    /// good reading.
    private func end(_ held: HeldSession, _ stop: ReportedStop, _ received: Date) -> SessionClose {
        var live = LiveSession(held)
        for (clock, taken) in stop.samples.sorted(by: {
            ($0.clock.moment, $0.sample.context) < ($1.clock.moment, $1.sample.context)
        }) {
            var sample = taken
            _ = live.take(&sample, at: clock.moment)
        }
        var last = Sample([])
        last.register = stop.meter
        let energy = live.take(&last, at: max(stop.moment, live.lastTaken))
        let start = held.startedAt ?? stop.moment
        let end = max(stop.moment, start)
        var note = stop.note
        if last.grade == .doubtful {
            note = [note, "meter at the stop: \(last.rules.joined(separator: ", "))"].filter { !$0.isEmpty }
                .joined(separator: "; ")
        }
        let cost = held.price.cost(
            of: energy, lasting: .milliseconds(Int64(end.timeIntervalSince(start) * 1_000)))
        let word = SessionEnd(
            reason: stop.reason, stateOfCharge: held.stateOfCharge.map(Int.init),
            hasReachedTarget: held.target.map { energy >= $0 } ?? false)
        return SessionClose(
            status: "done", end: word, reason: stop.reason, at: end,
            meter: held.meterStart + energy.wattHours,
            energy: energy, price: cost.beforeDiscount.minorUnits, isGuessed: false, received: received,
            note: note)
    }
}

/// An event of the log that is to be told when its transaction has committed.
enum ToldEvent: Sendable {
    case ended(SessionEnded)
    case amended(SessionAmended)

    func publish(_ bus: Bus) {
        switch self {
        case .ended(let event): bus.publish(event)
        case .amended(let event): bus.publish(event)
        }
    }
}

extension LiveSession {
    /// As its row has it.
    init(_ held: HeldSession) {
        self.init(
            number: held.number, connector: held.connector, user: held.user, tag: held.tag,
            startedAt: held.startedAt ?? .distantPast, meterStart: held.meterStart, target: held.target,
            price: held.price, ratingW: held.ratingW)
        energy = held.energy
        register = held.meterStart + held.energy.wattHours
        lastTaken = held.lastReading ?? held.startedAt ?? .distantPast
    }
}

extension SessionEnd {
    /// Our word for OCPP's (api.md 4.7).
    init(reason: String, stateOfCharge: Int?, hasReachedTarget: Bool) {
        switch reason {
        case "EVDisconnected" where (stateOfCharge ?? 0) >= 99: self = .batteryFull
        case "Remote" where hasReachedTarget: self = .targetReached
        case "Remote", "Local", "EVDisconnected": self = .userStopped
        case "DeAuthorized": self = .deauthorized
        default: self = .systemError
        }
    }
}
