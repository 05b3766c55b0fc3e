package import Contracts
import Core
import FoundationEssentials
import Redis
import Sockets
import Telemetry

/// The asker's side of commands: finds who can carry one out, sends it, and waits for the answer within a deadline.
package actor CommandSender {
    package nonisolated var unownedExecutor: UnownedSerialExecutor { bus.loop.asUnownedSerialExecutor() }

    private nonisolated let bus: Bus
    private nonisolated let presence: PresenceBoard
    private var waiting: [String: Waiting] = [:]
    private var hasSubscribed = false
    private var subscription: Subscription?
    private let live: Doorbell
    private var isLive = false

    /// Commands that wait for an answer; beyond that they are refused as unavailable.
    private static let mostWaiting = 10_000
    /// How long a command waits for the way back to open.
    private static let patienceForRedis = Duration.seconds(2)

    /// One asker; it may be answered before it begins to wait.
    private final class Waiting {
        var continuation: CheckedContinuation<[UInt8]?, Never>?
        var hasEnded = false
        var answer: [UInt8]?
        var deadline: Deadline?
    }

    package init(on bus: Bus) {
        self.bus = bus
        presence = PresenceBoard(bus.redis)
        live = Doorbell(on: bus.loop)
    }

    /// Begins to hear answers; `send` does it by itself at its first call.
    private func hearAnswers() async throws {
        if !hasSubscribed {
            hasSubscribed = true
            let channel = Channel.reply(to: bus.instance).name
            subscription = await bus.redis.subscribe(to: [channel]) { [weak self] signal in
                self?.assumeIsolated { $0.heard(signal) }
            }
        }
        let end = MonotonicInstant.now + Self.patienceForRedis
        while !isLive {
            try Task.checkCancellation()
            let left = end - MonotonicInstant.now
            guard left > .zero else {
                throw RedisError(.unavailable, "Answers cannot be heard: Redis is away.")
            }
            await live.wait(atMost: left)
        }
    }

    private func heard(_ signal: SubscriptionSignal) {
        switch signal {
        case .live:
            isLive = true
            live.ring()
        case .lost: isLive = false
        case .message(let message): answered(message.bytes)
        }
    }

    /// Has a command carried out. Refused at once as offline when nobody holds the station, as unanswered when nothing came
    /// within `patience`.
    ///
    /// Throws: `RedisError` while Redis is away (a 503 to the outside): nothing was asked then, or nobody knows.
    package func send<Asked: GatewayCommand>(
        _ command: Asked, by asker: Asker, within patience: Duration = .seconds(12)
    ) async throws -> CommandOutcome<Asked.Answer> {
        let outcome = try await outcome(of: command, by: asker, within: patience)
        let result =
            switch outcome {
            case .done: "done"
            case .refused(let refusal): "\(refusal.code)"
            }
        bus.metrics.commands.with(Asked.kind, result).add()
        return outcome
    }

    private func outcome<Asked: GatewayCommand>(
        of command: Asked, by asker: Asker, within patience: Duration
    ) async throws -> CommandOutcome<Asked.Answer> {
        let channel: Channel
        switch command.receiver {
        case .any: channel = .commandForAny
        case .billing: channel = .commandForBilling
        case .holder(let point):
            guard let holder = try await presence.lookUp(point) else { return .refused(.offline) }
            channel = .command(to: holder.gateway)
        }
        try await hearAnswers()
        guard waiting.count < Self.mostWaiting else {
            throw RedisError(.overloaded, "Too many commands wait for an answer.")
        }
        let id = Self.newID()
        let deadline = Int64(bus.clock.now.timeIntervalSince1970 * 1_000) + patience.wholeMilliseconds
        let envelope = CommandEnvelope(
            command, id: id, replyTo: bus.instance, deadline: deadline, asker: asker)
        waiting[id] = Waiting()
        defer { waiting[id] = nil }
        guard try await bus.redis.run(.publish(JSONWriter.encode(envelope), to: channel.name)) > 0 else {
            // Presence outlives a gateway that was killed; its channel does not.
            return .refused(.offline)
        }
        guard let answer = await answer(to: id, within: patience) else { return .refused(.noAnswer) }
        return try JSONReader.decode(ReplyEnvelope<Asked.Answer>.self, from: answer).outcome
    }

    private static func newID() -> String {
        String(UInt64.random(in: .min ... .max), radix: 16)
            + String(UInt64.random(in: .min ... .max), radix: 16)
    }

    private func answer(to id: String, within patience: Duration) async -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                begin(to: id, within: patience, continuation)
            }
        } onCancel: {
            bus.loop.execute { self.assumeIsolated { $0.finish(id, with: nil) } }
        }
    }

    /// The answer may be here already, and so may be the end of the asker's task: each before this began.
    private func begin(
        to id: String, within patience: Duration, _ continuation: CheckedContinuation<[UInt8]?, Never>
    ) {
        guard let waiting = waiting[id], !waiting.hasEnded, !Task.isCancelled else {
            return continuation.resume(returning: waiting[id]?.answer)
        }
        waiting.continuation = continuation
        waiting.deadline = bus.loop.schedule(after: patience) { [weak self] in
            self?.assumeIsolated { $0.finish(id, with: nil) }
        }
    }

    private func answered(_ bytes: [UInt8]) {
        do {
            finish(try JSONReader.decode(ReplyHead.self, from: bytes).id, with: bytes)
        } catch {
            bus.log.warning("bus.reply_unreadable", ["error": .text(error.description)])
        }
    }

    private func finish(_ id: String, with answer: [UInt8]?) {
        // Nobody waits any more: the answer came after the deadline, or twice.
        guard let waiting = waiting[id], !waiting.hasEnded else { return }
        waiting.hasEnded = true
        waiting.answer = answer
        waiting.deadline?.cancel()
        waiting.continuation?.resume(returning: answer)
        waiting.continuation = nil
    }

    package func close() {
        subscription?.cancel()
        subscription = nil
        hasSubscribed = false
        isLive = false
        for id in waiting.keys { finish(id, with: nil) }
    }
}

private struct ReplyHead: Codable {
    var id: String
}
