import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Redis
import Tariff

extension Gateway {
    /// What is asked of sessions, for the table of commands.
    var sessionCommands: [CommandHandler] {
        [
            .on(StartSession.self) { [self] wish, context in try await start(wish, by: context.asker) },
            .on(StopSession.self) { [self] wish, context in try await stop(wish, by: context.asker) },
            .on(ChangeSession.self) { [self] wish, _ in try await change(wish) },
        ]
    }

    /// Number, price and funding first, in one transaction; then the station is asked (api.md 5.2).
    func start(_ wish: StartSession, by asker: Asker) async throws -> StartSession.Answer {
        guard let link = links[wish.place.chargePoint], link.isOpen else { throw CommandRefusal.offline }
        let (number, hold) = try await enter(wish, asker, link)
        let reference = SessionReference(number, at: wish.place, of: wish.user, tag: wish.tag)
        host.bus.publish(SessionRequested(reference, at: host.clock.now))
        if let hold { try await place(hold, for: number) }
        let payload = wish.payload.map { Array($0.utf8) } ?? Self.remoteStart(wish)
        let outcome = await command(.remoteStartTransaction, payload, to: link, by: asker)
        switch outcome {
        case .answered(let answer) where Self.status(in: answer) == "Accepted": return .init(session: number)
        case .answered(let answer):
            let word = Self.status(in: answer) ?? "Rejected"
            try await giveUp(number, "rejected by charge point")
            throw CommandRefusal(.rejected, "rejected by charge point", status: word)
        case .refused(let error):
            let word = error.code.word(in: link.version)
            try await giveUp(number, "\(word): \(error.description)")
            throw CommandRefusal(.rejected, "rejected by charge point", status: word)
        case .failed(.noAnswer), .failed(.lost(wasSent: true)):
            // It may have heard, and begin yet: the session waits for its time-out.
            throw CommandRefusal.noAnswer
        case .failed:
            try await giveUp(number, "never sent")
            throw CommandRefusal.offline
        }
    }

    /// How long a driver waits for the card's provider; the station needs its time too.
    private static let patienceForHold = Duration.seconds(6)

    /// Has the money of a start kept on its card, or gives the start up. What the provider says later is billing's: a hold of a session
    /// that has ended is released. Throws: `CommandRefusal`.
    private func place(_ hold: Money, for number: ID<ChargingSession>) async throws {
        let away = CommandRefusal(.providerAway, "payment provider unreachable")
        let refusal: CommandRefusal?
        do {
            let outcome = try await holds.send(
                PlaceHold(for: number, hold), by: .system(.gateway), within: Self.patienceForHold)
            switch outcome {
            case .done: refusal = nil
            case .refused(let said) where said.known == .holdRefused: refusal = said
            case .refused: refusal = away
            }
        } catch is RedisError { refusal = away }
        guard let refusal else { return }
        try await giveUp(number, refusal.reason)
        throw refusal
    }

    private static func remoteStart(_ wish: StartSession) -> [UInt8] {
        var payload: [UInt8] = []
        V16.RemoteStartTransaction.write(
            .init(connectorId: wish.place.number, idTag: Bounded(cutting: wish.tag)), into: &payload)
        return payload
    }

    /// The word of an answer's `status`.
    static func status(in payload: [UInt8]) -> String? {
        struct Answer: Codable { var status: String }
        return (try? JSONReader.decode(Answer.self, from: payload, rules: .api))?.status
    }

    private func giveUp(_ number: ID<ChargingSession>, _ note: String) async throws {
        let event = try await host.database.transaction { transaction in
            try await self.closeByLastReading(
                number, end: .startRejected, reason: "start rejected", note: note, self.host.clock.now,
                in: transaction)
        }
        if let event { tell(event) }
    }

    /// Throws: `CommandRefusal` with the code of api.md 1.3.
    private func enter(_ wish: StartSession, _ asker: Asker, _ link: StationLink) async throws
        -> (ID<ChargingSession>, hold: Money?)
    {
        let (point, connector) = (wish.place.chargePoint, Int32(clamping: wish.place.number))
        let now = host.clock.now
        do {
            return try await host.database.transaction { transaction in
                try await transaction.run(.holdConnector(point, connector))
                if let user = wish.user { try await transaction.run(.holdFunds(of: user)) }
                if let code = wish.discountCode { try await transaction.run(.holdCode(code)) }
                if try await transaction.run(.unfinished(at: point, connector)) != nil {
                    throw CommandRefusal(.connectorNotAvailable, "connector is occupied")
                }
                let facts = try await transaction.run(
                    .startFacts(
                        at: point, connector: connector, user: wish.user, discount: wish.discountCode,
                        now: now))
                try Self.check(facts, wish)
                let price = facts.price(
                    of: wish.user, at: point, connector: Int(connector), moment: now,
                    in: self.settings.host.tariffZone, currency: self.settings.host.currency)
                let funding: FundingChoice
                do throws(FundingRefusal) {
                    funding = try facts.funding(
                        price, wish: .init(wish), target: wish.target, user: wish.user,
                        settings: self.settings, at: now)
                } catch {
                    throw CommandRefusal(RefusalCode(rawValue: error.code) ?? .failed, error.text)
                }
                let new = NewSession(
                    point: point, connector: connector, facts: facts, user: wish.user,
                    tag: wish.tag.uppercased(),
                    car: wish.car, status: "initialized", requestedAt: now, target: wish.target, price: price,
                    funding: funding, reservation: facts.kept?.reservation ?? wish.reservation?.number,
                    meeting: facts.kept?.meeting ?? wish.meeting?.number ?? facts.meeting(at: now),
                    door: asker.door.word, version: link.version.subprotocol)
                return (try await transaction.run(.enter(new)), funding.hold)
            }
        } catch let error as DatabaseError where error.violatesUnique("session_of_car") {
            throw CommandRefusal(.carBusyOrSessionOver, "car is charging already")
        } catch let error as DatabaseError where error.violatesUnique("session_on_connector") {
            throw CommandRefusal(.connectorNotAvailable, "connector is occupied")
        }
    }

    private static func check(_ facts: StartFacts, _ wish: StartSession) throws(CommandRefusal) {
        guard let place = facts.place, place.is_enabled, place.is_active != false, place.overlay == nil else {
            throw CommandRefusal(.connectorNotAvailable, "connector is not available")
        }
        guard place.station_status == nil || place.station_status == "active" else {
            throw CommandRefusal(.siteClosed, "station is not active")
        }
        if let kept = facts.kept, !kept.isFor(wish.user, tag: wish.tag.uppercased(), parent: nil) {
            throw CommandRefusal(.connectorNotAvailable, "connector is reserved")
        }
        guard wish.discountCode != nil else { return }
        guard let discount = facts.discount, discount.left.map({ $0 > 0 }) ?? true else {
            throw CommandRefusal(.discountNotUsable, "discount code is not usable")
        }
    }

    /// Asks the station that charges a session to end it.
    func stop(_ wish: StopSession, by asker: Asker) async throws -> Done {
        guard let link = links[wish.chargePoint], link.isOpen else { throw CommandRefusal.offline }
        guard let held = try await host.database.run(.liveSession(wish.session.number, at: wish.chargePoint))
        else {
            throw CommandRefusal(.carBusyOrSessionOver, "session has ended")
        }
        switch await stop(held.number, on: link, because: wish.cause.known ?? .wish, by: asker) {
        case .answered(let answer) where Self.status(in: answer) == "Accepted": return Done()
        case .answered(let answer):
            throw CommandRefusal(.rejected, "rejected by charge point", status: Self.status(in: answer))
        case .refused(let error):
            throw CommandRefusal(
                .rejected, "rejected by charge point", status: error.code.word(in: link.version))
        case .failed(.noAnswer): throw CommandRefusal.noAnswer
        case .failed: throw CommandRefusal.offline
        }
    }

    func stop(
        _ number: ID<ChargingSession>, on link: StationLink, because cause: StopSession.Cause,
        by asker: Asker = .system(.gateway)
    ) async -> CallOutcome {
        do {
            try await host.database.run(.note(cause, of: number))
        } catch {
            // The session ends all the same; only its reason will be told in OCPP's word.
            log(
                link.id, "RemoteStopTransaction", "session \(number): the cause \(cause) is not kept",
                .warning)
        }
        var payload: [UInt8] = []
        V16.RemoteStopTransaction.write(.init(transactionId: Int(number.number)), into: &payload)
        return await command(.remoteStopTransaction, payload, to: link, by: asker, first: true)
    }
}

extension FundingQuestion.Wish {
    init(_ wish: StartSession) {
        switch (wish.funding, wish.paymentMethod) {
        case ("balance", _): self = .balance
        case (_, let identifier?): self = .method(identifier)
        case ("card", nil): self = .card
        default: self = .none
        }
    }
}
