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
    var samples: [TimedSample]
}

extension Gateway {
    /// A session has ended: closed once, however often that is told; confirmed always.
    func answerStop(_ frame: OCPPFrame, from link: StationLink, at received: Date) async throws -> [UInt8] {
        let stop = read(frame, of: link, received)
        let outcome = try await close(stop, link, received)
        for event in outcome.events { event.tell(by: self) }
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
            TimedSample($0.0.map { StationClock.judge($0, received: received) } ?? clock, $0.1)
        }
        return ReportedStop(
            transaction: Int64(transaction), tag: tag ?? "", meter: Int64(meter), moment: clock.moment,
            reason: reason?.word ?? V16.StopReason.local.rawValue,
            note: [clock.doubt, quarantined ? "illegible stop" : nil].compactMap { $0 }.joined(
                separator: "; "),
            samples: samples)
    }

    private func close(_ stop: ReportedStop, _ link: StationLink, _ received: Date) async throws
        -> StopOutcome
    {
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
                return StopOutcome(
                    word: kept.count == 1 ? "of no session that is known, kept for an operator" : "told again"
                )
            }
            return try await self.end(held, reference, stop, .lateStop, received, in: transaction)
        }
    }
}

/// What came of a stop.
struct StopOutcome: Sendable {
    var events: [ToldEvent] = []
    var connector: Int?
    var word: String
}

extension Gateway {
    /// Ends a session by what was told of its stop, or amends one that was ended by a guess.
    ///
    /// - Parameter cause: of an amendment. What an operator says is believed also where it is less than was guessed.
    func end(
        _ held: HeldSession, _ reference: SessionReference, _ stop: ReportedStop,
        _ cause: SessionAmended.Cause,
        _ received: Date, in transaction: Transaction
    ) async throws -> StopOutcome {
        let (close, readings) = comesTo(held, reference, stop, received)
        let connector = Int(held.connector)
        guard held.isFinished else {
            if !readings.isEmpty { try await transaction.run(StoredReading.store(readings)) }
            try await transaction.run(.close(held.number, close))
            let event = SessionEnded(
                reference, end: .known(close.end), reason: close.reason, startedAt: held.startedAt,
                endedAt: close.at, energy: close.energy, isGuessed: close.isGuessed)
            try await transaction.run(.announce(event))
            return StopOutcome(
                events: [.ended(event)], connector: connector, word: "\(close.energy.wattHours) Wh")
        }
        guard held.isGuessed, cause != .lateStop || close.energy > held.energy else {
            return StopOutcome(connector: connector, word: "told again")
        }
        let amendment = held.amendment + 1
        try await transaction.run(.amend(held.number, close, as: amendment))
        let event = SessionAmended(
            reference, amendment: Int(amendment), energy: close.energy, endedAt: close.at,
            cause: .known(cause))
        try await transaction.run(.announce(event))
        return StopOutcome(events: [.amended(event)], connector: connector, word: "amended")
    }

    /// What the session comes to, and the readings that came with its stop.
    private func comesTo(
        _ held: HeldSession, _ reference: SessionReference, _ stop: ReportedStop, _ received: Date
    ) -> (SessionClose, [StoredReading]) {
        var (count, samples) = (held.count, stop.samples)
        let doubt = count.end(meter: stop.meter, samples: &samples, at: stop.moment)
        let start = held.startedAt ?? stop.moment
        let end = max(stop.moment, start)
        let cost = held.price.cost(
            of: count.energy, lasting: end.duration(since: start))
        let word = SessionEnd(
            reason: stop.reason, cause: held.stopCause, stateOfCharge: held.stateOfCharge.map(Int.init))
        let close = SessionClose(
            status: "done", end: word, reason: stop.reason, at: end, meter: count.register,
            energy: count.energy,
            price: cost.beforeDiscount.minorUnits, isGuessed: false, received: received,
            note: [stop.note, doubt ?? ""].filter { !$0.isEmpty }.joined(separator: "; "))
        if let doubt {
            // An operator may know better, and accept it as a reading.
            samples.append(TimedSample(meterAtStop: stop.meter, at: stop.moment, doubt: doubt))
        }
        let readings = samples.map { sample in
            StoredReading(
                sample, session: held.number, of: count, at: reference.place.chargePoint,
                reference.place.number,
                energy: sample.energy(from: count.start), price: nil, status: "", received: received)
        }
        return (close, readings)
    }
}

/// An event of the log that is to be told when its transaction has committed.
enum ToldEvent: Sendable {
    case ended(SessionEnded)
    case amended(SessionAmended)

    func tell(by gateway: Gateway) {
        switch self {
        case .ended(let event): gateway.tell(event)
        case .amended(let event): gateway.host.bus.publish(event)
        }
    }
}

extension SessionEnd {
    /// Our word for OCPP's (api.md 4.7): what we asked for is known better than by `Remote`.
    init(reason: String, cause: StopSession.Cause?, stateOfCharge: Int?) {
        switch (reason, cause) {
        case ("Remote", .targetReached): self = .targetReached
        case ("Remote", .balanceExhausted): self = .balanceExhausted
        case ("Remote", .deauthorized), ("DeAuthorized", _): self = .deauthorized
        case ("EVDisconnected", _) where (stateOfCharge ?? 0) >= 99: self = .batteryFull
        case ("Remote", _), ("Local", _), ("EVDisconnected", _): self = .userStopped
        default: self = .systemError
        }
    }
}
