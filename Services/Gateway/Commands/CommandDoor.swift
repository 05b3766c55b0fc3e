import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Sockets
import Telemetry

extension Gateway {
    /// Carries out what other services ask of stations (architecture.md, section 2).
    func serveCommands() async {
        let server = CommandServer(
            on: host.bus, host.database, stationCommands + sessionCommands + reviewCommands)
        await server.run(onLive: { [self] in
            Task(executorPreference: host.bus.loop) { await self.claimAnew() }
        })
    }

    private var stationCommands: [CommandHandler] {
        [
            .on(SendCall.self) { [self] wish, context in try await send(wish, by: context.asker) },
            .on(SendTagList.self) { [self] wish, context in try await send(wish, by: context.asker) },
            .on(Disconnect.self) { [self] wish, _ in sendAway(wish) },
        ]
    }

    /// Redis was lost, and with it the board: every station is put on it again, and the connectors' states with them.
    private func claimAnew() async {
        let links = links.all
        guard !links.isEmpty else { return }
        // It fails only where Redis is lost once more, and then this is called once more.
        _ = try? await presence.refresh(
            links.map { PresenceClaim($0.id, generation: $0.generation) }, for: host.bus.instance,
            at: host.clock.now, living: settings.heartbeat + .seconds(30))
        for link in links {
            let states = try? await link.loop.run {
                Dictionary(
                    uniqueKeysWithValues: link.lastStatus.values.map { edge in
                        let number = Int(edge.connector)
                        return (
                            ConnectorPlace(link.id, number),
                            edge.state(session: link.sessions[number]?.number)
                        )
                    })
            }
            if let states, !states.isEmpty { _ = try? await board.write(states) }
        }
    }

    private func sendAway(_ wish: Disconnect) -> Done {
        guard let link = links[wish.chargePoint] else { return Done() }
        link.loop.execute { link.retire(wish.reason) }
        return Done()
    }

    private func send(_ wish: SendCall, by asker: Asker) async throws -> SendCall.Answer {
        guard let action = V16.Action(rawValue: wish.action), action.askers.contains(.centralSystem) else {
            throw CommandRefusal(.failed, "unknown action \(wish.action)")
        }
        let payload = Array(wish.payload.utf8)
        do { try action.check(request: payload) } catch {
            throw CommandRefusal(.failed, "\(wish.action): \(error)")
        }
        let link = try await openLink(to: wish.chargePoint)
        let answer = try Self.answer(of: await command(action, payload, to: link, by: asker), from: link)
        // What somebody writes by hand is not what we thought it has.
        if action == .sendLocalList { try await host.database.run(.listIsUnknown(to: link.id)) }
        if action == .changeConfiguration { try await learn(from: payload, answer, link) }
        if let job = StationJob(action, payload) {
            try await begin(job, answer, of: wish.chargePoint, by: asker)
        }
        return .init(payload: String(decoding: answer, as: UTF8.self))
    }

    /// A link that takes calls; a station that has only just connected is given a moment to introduce itself.
    func openLink(to point: ChargePointID) async throws(CommandRefusal) -> StationLink {
        guard let link = links[point], link.isOpen else { throw .offline }
        return link
    }

    /// Throws: `CommandRefusal` with the code of api.md 1.3.
    static func answer(of outcome: CallOutcome, from link: StationLink) throws(CommandRefusal) -> [UInt8] {
        switch outcome {
        case .answered(let answer): return answer
        case .refused(let error):
            let word = error.code.word(in: link.version)
            throw CommandRefusal(
                .rejected, error.description.isEmpty ? word : "\(word): \(error.description)", status: word)
        case .failed(.noAnswer), .failed(.neverSent): throw .noAnswer
        case .failed(.queueFull):
            throw CommandRefusal(.providerAway, "too many commands wait for the charge point")
        case .failed(.lost): throw .offline
        }
    }

    /// Asks a station, and writes down who asked and what came of it.
    func command(
        _ action: V16.Action, _ payload: [UInt8], to link: StationLink, by asker: Asker, first: Bool = false
    ) async -> CallOutcome {
        let id = RandomText.opaqueToken()
        await note {
            try await self.host.database.run(
                .asked(id, of: link.id, action.rawValue, payload, by: asker, at: self.host.clock.now))
        }
        let outcome = await link.call(action, payload, first: first || action.endsTransactions)
        if case .answered(let answer) = outcome { prove(answer, to: action, link) }
        await keepProfiles(action, payload, outcome, of: link.id, by: asker)
        // A station may write anything as its status; the names of labels must stay few.
        figures.asked(action, outcome.isAnswer ? "answered" : outcome.word)
        log(link.id, action.rawValue, outcome.word, outcome.isAnswer ? .info : .warning)
        await note {
            try await self.host.database.run(.ended(id, outcome, at: self.host.clock.now))
        }
        return outcome
    }

    /// An answer that its schema refuses still is one: what it says may have been done already.
    private func prove(_ answer: [UInt8], to action: V16.Action, _ link: StationLink) {
        do throws(JSONMistakes) { try action.check(response: answer) } catch {
            quarantine(
                link.id, String(decoding: answer, as: UTF8.self), "an answer to \(action.rawValue): \(error)")
        }
    }

    /// A command goes on without its note: the station matters more.
    private func note(_ write: () async throws -> Void) async {
        do { try await write() } catch {
            host.log.warning("command.unnoted", ["error": .text("\(error)")])
        }
    }
}

extension CallOutcome {
    var isAnswer: Bool { if case .answered = self { true } else { false } }

    /// For logs and figures.
    var word: String {
        switch self {
        case .answered(let payload): Gateway.status(in: payload) ?? "answered"
        case .refused(let error): error.code.word(in: .v16)
        case .failed(.queueFull): "queue full"
        case .failed(.neverSent): "never sent"
        case .failed(.noAnswer): "no answer"
        case .failed(.lost): "connection lost"
        }
    }
}

extension Query where Result == Void {
    fileprivate static func asked(
        _ id: String, of point: ChargePointID, _ action: String, _ payload: [UInt8], by asker: Asker,
        at now: Date
    ) -> Self {
        let kept =
            FrameLog.holdsSecret(payload)
            ? "{}" : FrameLog.withoutCredentials(String(decoding: payload, as: UTF8.self))
        return """
            INSERT INTO gateway.command_log (id, charge_point_id, action, payload, asked_by, door, request_id, asked_at)
            VALUES (\(id), \(point.text), \(action), \(kept)::jsonb, \(asker.user as ID<User>?), \(asker.door.word),
                \(asker.request as String?), \(now))
            """
    }

    fileprivate static func ended(_ id: String, _ outcome: CallOutcome, at now: Date) -> Self {
        var answer: String?
        if case .answered(let payload) = outcome, !FrameLog.holdsSecret(payload) {
            answer = String(decoding: payload, as: UTF8.self)
        }
        let refusal: String? = outcome.isAnswer ? nil : outcome.word
        return """
            UPDATE gateway.command_log
            SET answered_at = \(now), answer = \(answer as String?)::jsonb, refusal = \(refusal as String?)
            WHERE id = \(id)
            """
    }
}

extension V16.Action {
    /// What frees a driver comes before what an operator wants to know.
    var endsTransactions: Bool {
        switch self {
        case .remoteStopTransaction, .unlockConnector, .reset: true
        default: false
        }
    }
}
