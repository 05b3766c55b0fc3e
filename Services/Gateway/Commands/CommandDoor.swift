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
            on: host.bus, host.database,
            [
                .on(StartSession.self) { [self] wish, context in try await start(wish, by: context.asker) },
                .on(StopSession.self) { [self] wish, context in try await stop(wish, by: context.asker) },
                .on(SendCall.self) { [self] wish, context in try await send(wish, by: context.asker) },
                .on(Disconnect.self) { [self] wish, _ in sendAway(wish) },
            ])
        await server.run(onLive: { [self] in
            Task(executorPreference: host.bus.loop) { await self.claimAnew() }
        })
    }

    /// Redis was lost, and with it the board: every station is put on it again.
    private func claimAnew() async {
        let claims = links.all.map { PresenceClaim($0.id, generation: $0.generation) }
        guard !claims.isEmpty else { return }
        // It fails only where Redis is lost once more, and then this is called once more.
        _ = try? await presence.refresh(
            claims, for: host.bus.instance, at: host.clock.now,
            living: settings.heartbeat + .seconds(30))
    }

    private func sendAway(_ wish: Disconnect) -> Done {
        guard let link = links[wish.chargePoint] else { return Done() }
        link.loop.execute { link.retire(wish.reason) }
        return Done()
    }

    private func send(_ wish: SendCall, by asker: Asker) async throws -> SendCall.Answer {
        guard let link = links[wish.chargePoint], link.isOpen else { throw CommandRefusal.offline }
        guard let action = V16.Action(rawValue: wish.action), action.askers.contains(.centralSystem) else {
            throw CommandRefusal(.failed, "unknown action \(wish.action)")
        }
        let outcome = await command(action, Array(wish.payload.utf8), to: link, by: asker)
        switch outcome {
        case .answered(let answer): return .init(payload: String(decoding: answer, as: UTF8.self))
        case .refused(let error):
            let word = error.code.word(in: link.version)
            throw CommandRefusal(
                .rejected, error.description.isEmpty ? word : "\(word): \(error.description)", status: word)
        case .failed(.noAnswer): throw CommandRefusal.noAnswer
        case .failed(.queueFull):
            throw CommandRefusal(.providerAway, "too many commands wait for the charge point")
        case .failed: throw CommandRefusal.offline
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
        let outcome = await link.call(action, payload, first: first)
        figures.message(action.rawValue, isIncoming: false, outcome.word)
        log(link.id, action.rawValue, outcome.word, outcome.isAnswer ? .info : .warning)
        await note {
            try await self.host.database.run(.ended(id, outcome, at: self.host.clock.now))
        }
        return outcome
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
        // A password that is set over the wire is not kept.
        let shown = String(decoding: payload, as: UTF8.self)
        let kept = shown.contains("AuthorizationKey") ? "{}" : shown
        return """
            INSERT INTO gateway.command_log (id, charge_point_id, action, payload, asked_by, door, request_id, asked_at)
            VALUES (\(id), \(point.text), \(action), \(kept)::jsonb, \(asker.user as ID<User>?), \(asker.door.word),
                \(asker.request as String?), \(now))
            """
    }

    fileprivate static func ended(_ id: String, _ outcome: CallOutcome, at now: Date) -> Self {
        var answer: String?
        if case .answered(let payload) = outcome { answer = String(decoding: payload, as: UTF8.self) }
        let refusal: String? = outcome.isAnswer ? nil : outcome.word
        return """
            UPDATE gateway.command_log
            SET answered_at = \(now), answer = \(answer as String?)::jsonb, refusal = \(refusal as String?)
            WHERE id = \(id)
            """
    }
}
