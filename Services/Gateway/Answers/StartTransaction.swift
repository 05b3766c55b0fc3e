import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Tariff

/// A start as it was reported, legible or not.
struct ReportedStart: Sendable {
    var connector: Int32
    var tag: PresentedTag
    var meter: Int64
    var reservation: Int64?
    /// The station's words for the moment: what a repeat is known by.
    var text: String
    /// What they begin with when they are no better than the message that brought them: a clock that stands still says the same
    /// of every start.
    var stem: String?
    var moment: Date
    var note: String
}

extension ReportedStart {
    /// The reservation that a start has to do with: its own, or one that it may not pass over.
    struct Reservation: Sendable {
        var number: Int64?
        var meeting: Int64?
        var isForAnother = false
    }

    /// A clock may be a little behind ours.
    private static let leeway: TimeInterval = 300

    func reservation(_ kept: StartFacts.Kept?, _ verdict: TagVerdict) -> Reservation {
        guard let kept else { return Reservation(number: reservation) }
        let isBefore = moment.timeIntervalSince1970 < TimeInterval(kept.since) - Self.leeway
        if kept.isFor(verdict.user, tag: tag.word, parent: verdict.parent) {
            // What was charged offline, before the reservation was made, does not use it up.
            guard reservation == kept.reservation || !isBefore else {
                return Reservation(number: reservation)
            }
            return Reservation(number: kept.reservation, meeting: kept.meeting)
        }
        return Reservation(number: reservation, isForAnother: !isBefore)
    }
}

extension Gateway {
    /// A session has begun. It always gets a positive number, the same one however often it is told (ocpp.md).
    func answerStart(_ frame: OCPPFrame, from link: StationLink, at received: Date) async throws -> [UInt8] {
        let start = read(frame, of: link, received)
        let verdict = try await judge(start.tag, at: link, received, shown: start.moment)
        let outcome = try await enter(start, verdict, link, received)
        if let event = outcome.started { host.bus.publish(event) }
        for event in outcome.ended { tell(event) }
        if let live = outcome.live { link.sessions[Int(start.connector)] = live }
        log(
            link.id, "StartTransaction",
            "connector #\(start.connector): session \(outcome.number) of \(start.tag.word): \(outcome.status.rawValue)"
        )
        var info = verdict.info
        info.status = outcome.status
        var payload: [UInt8] = []
        V16.StartTransaction.write(
            .init(idTagInfo: info, transactionId: Int(outcome.number.number)), into: &payload)
        return payload
    }

    private func read(_ frame: OCPPFrame, of link: StationLink, _ received: Date) -> ReportedStart {
        if let request = try? frame.decode(V16.StartTransaction.Request.self) {
            return start(
                request.connectorId, request.idTag.text, request.meterStart, request.reservationId,
                request.timestamp, frame.id, received, quarantined: false)
        }
        quarantine(link.id, frame, "a start that its schema refuses")
        let legible = V16.StartTransaction.Legible(frame.document, at: frame.payload)
        return start(
            legible.connectorId ?? 1, String((legible.idTag ?? "").prefix(20)), legible.meterStart ?? 0,
            legible.reservationId, legible.timestamp, frame.id, received, quarantined: true)
    }

    private func start(
        _ connector: Int, _ tag: String, _ meter: Int, _ reservation: Int?, _ timestamp: Timestamp?,
        _ message: MessageID, _ received: Date, quarantined: Bool
    ) -> ReportedStart {
        let clock = StationClock.judge(timestamp, received: received)
        let stem = timestamp == nil || clock.doubt != nil ? "\(timestamp?.text ?? "") #" : nil
        return ReportedStart(
            connector: Int32(clamping: max(1, connector)), tag: PresentedTag(tag), meter: Int64(meter),
            reservation: reservation.flatMap { $0 > 0 ? Int64($0) : nil },
            text: stem.map { $0 + message.text } ?? timestamp?.text ?? "", stem: stem, moment: clock.moment,
            note: [clock.doubt, quarantined ? "illegible start" : nil].compactMap { $0 }.joined(
                separator: "; "))
    }

    private struct Outcome: Sendable {
        var number: ID<ChargingSession>
        var status: V16.AuthorizationStatus
        var live: LiveSession?
        var started: SessionStarted?
        var ended: [SessionEnded] = []
    }

    /// Everything that a start decides, in one transaction.
    private func enter(
        _ start: ReportedStart, _ verdict: TagVerdict, _ link: StationLink, _ received: Date
    ) async throws -> Outcome {
        let (point, version, settings) = (link.id, link.version.subprotocol, settings)
        let isEnabled = link.station.isEnabled
        return try await host.database.transaction { transaction in
            try await transaction.run(.holdConnector(point, start.connector))
            if let known = try await transaction.run(
                .start(
                    at: point, start.connector, tag: start.tag.word, text: start.text, stem: start.stem,
                    meter: start.meter))
            {
                let live = try await transaction.run(.liveSession(known.number.number, at: point))
                // A one-time tag is used up by what is told again here.
                var status = verdict.isOneTime ? .accepted : verdict.status
                if known.isRefused, status == .accepted { status = verdict.isOneTime ? .invalid : .blocked }
                return Outcome(number: known.number, status: status, live: live)
            }
            var ended: [SessionEnded] = []
            if let open = try await transaction.run(.unfinished(at: point, start.connector)) {
                if open.status == "initialized", open.tag == start.tag.word || open.tag.isEmpty {
                    return try await self.begin(open.number, start, point, received, in: transaction)
                }
                // A station knows better than we whether its connector is free.
                if let event = try await self.closeByLastReading(
                    open.number, end: .systemError, reason: "Other", note: "another start came", received,
                    in: transaction)
                {
                    ended.append(event)
                }
            }
            var status = verdict.status
            if let user = verdict.user { try await transaction.run(.holdFunds(of: user)) }
            let facts = try await transaction.run(
                .startFacts(
                    at: point, connector: start.connector, user: verdict.user, discount: nil, now: received))
            var refusal: StartRefusal? = status == .accepted ? nil : .card
            if status == .accepted, !isEnabled || facts.place?.is_active == false {
                (status, refusal) = (.blocked, .place)
            }
            var kept = start.reservation(facts.kept, verdict)
            if kept.meeting == nil { kept.meeting = facts.meeting(at: start.moment) }
            if status == .accepted, kept.isForAnother { (status, refusal) = (.blocked, .reserved) }
            let price = facts.price(
                of: verdict.user, at: point, connector: Int(start.connector), moment: start.moment,
                in: settings.host.tariffZone, currency: settings.host.currency)
            var funding = FundingChoice(funding: .free, reserved: .zero(price.currency))
            var note = start.note
            if kept.isForAnother {
                note = [note, "reserved for another"].filter { !$0.isEmpty }.joined(separator: "; ")
            }
            if status == .accepted {
                do throws(FundingRefusal) {
                    funding = try facts.funding(
                        price, wish: .none, target: nil, user: verdict.user, settings: settings, at: received)
                } catch {
                    (status, refusal) = (.blocked, .means)
                    note = [note, error.text].filter { !$0.isEmpty }.joined(separator: "; ")
                }
            }
            if verdict.isOneTime, status == .accepted,
                try await transaction.run(.useToken(start.tag.word, at: received)).count == 0
            {
                (status, refusal) = (.invalid, .card)
            }
            let isRefused = status != .accepted
            let number = try await transaction.run(
                .enter(
                    NewSession(
                        point: point, connector: start.connector, facts: facts,
                        user: isRefused ? nil : verdict.user,
                        tag: start.tag.word, status: "charging", requestedAt: received,
                        startedAt: start.moment,
                        startText: start.text, receivedAt: received, meterStart: start.meter,
                        price: isRefused ? .nothing(price.currency) : price,
                        funding: isRefused
                            ? FundingChoice(funding: .free, reserved: .zero(price.currency)) : funding,
                        reservation: kept.number, meeting: kept.meeting, refusal: refusal,
                        version: version,
                        note: note)))
            if verdict.isOneTime, !isRefused {
                try await transaction.run(.noteUse(ofToken: start.tag.word, by: number))
            }
            return try await self.announce(
                number, start, point, user: isRefused ? nil : verdict.user, status,
                kept: (kept.number, kept.meeting), ended,
                in: transaction)
        }
    }

    private func begin(
        _ number: ID<ChargingSession>, _ start: ReportedStart, _ point: ChargePointID, _ received: Date,
        in transaction: Transaction
    ) async throws -> Outcome {
        let kept = try await transaction.run(
            .begin(
                number, at: start.moment, text: start.text, meter: start.meter, received: received,
                reservation: start.reservation, note: start.note))
        let live = try await transaction.run(.liveSession(number.number, at: point))
        return try await announce(
            number, start, point, user: live?.user, .accepted, kept: (kept.reservation, kept.meeting), [],
            in: transaction)
    }

    private func announce(
        _ number: ID<ChargingSession>, _ start: ReportedStart, _ point: ChargePointID, user: ID<User>?,
        _ status: V16.AuthorizationStatus, kept: (reservation: Int64?, meeting: Int64?),
        _ ended: [SessionEnded], in transaction: Transaction
    ) async throws -> Outcome {
        let event = SessionStarted(
            SessionReference(
                number, at: ConnectorPlace(point, Int(start.connector)), of: user, tag: start.tag.word),
            at: start.moment, meterStart: Energy(wattHours: start.meter),
            reservation: status == .accepted ? kept.reservation.map { ID($0) } : nil,
            meeting: kept.meeting.map { ID($0) })
        try await transaction.run(.announce(event))
        let live = try await transaction.run(.liveSession(number.number, at: point))
        return Outcome(number: number, status: status, live: live, started: event, ended: ended)
    }
}

extension FrozenPrice {
    /// Of a start that was refused: nobody pays anything.
    static func nothing(_ currency: Currency) -> FrozenPrice {
        FrozenPrice(
            rule: .none, energyPrice: .nothing, timePrice: .nothing, freeMinutes: 0, currency: currency)
    }
}
