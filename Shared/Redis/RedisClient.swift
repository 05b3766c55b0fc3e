package import Sockets
import Synchronization

/// Redis as the services see it: a connection on every loop for commands and one for subscriptions, behind one value that
/// may be passed anywhere. While Redis is away every command fails at once, and everything is taken up again by itself.
package final class RedisClient: Sendable {
    package let settings: RedisSettings
    private let lanes: [CommandLane]
    private let subscriptions: SubscriptionLane
    private let turn = Atomic<Int>(0)
    private let digests = Mutex<[String: String]>([:])

    /// Begins to connect at once, and goes on trying until it is closed.
    package init(_ settings: RedisSettings, on loops: EventLoops) {
        self.settings = settings
        lanes = loops.all.map { CommandLane(settings, on: $0) }
        subscriptions = SubscriptionLane(settings, on: loops.next())
        for lane in lanes { lane.loop.execute { lane.assumeIsolated { $0.start() } } }
    }

    /// The loop that subscriptions are delivered on; what is done with a message had better be done there too.
    package var loop: EventLoop { subscriptions.loop }

    /// The lane of the loop that this runs on; each in turn for callers that are on none of ours.
    private var lane: CommandLane {
        if let loop = EventLoop.current, loop.index < lanes.count, lanes[loop.index].loop === loop {
            return lanes[loop.index]
        }
        return lanes[turn.wrappingAdd(1, ordering: .relaxed).oldValue % lanes.count]
    }

    /// Runs one command and reads its answer. `patience` is the time from this call to the answer.
    ///
    /// Throws: `RedisError`, or `CancellationError` as soon as the task is cancelled.
    package func run<Answer: RedisAnswer>(
        _ command: Command<Answer>, within patience: Duration? = nil
    ) async throws -> Answer {
        let reply = try await lane.run(command.words, within: patience)
        guard let answer = Answer(reply) else {
            throw RedisError(.unexpectedReply, "\(command.words.name) is not answered by a \(Answer.self).")
        }
        return answer
    }

    /// Sends a command whose answer nobody needs. In the order of calls on one loop; lost while Redis is away.
    package func post<Answer>(_ command: Command<Answer>) {
        let lane = lane
        if lane.loop.isCurrent {
            lane.assumeIsolated { $0.post(command.words) }
        } else {
            lane.loop.execute { lane.assumeIsolated { $0.post(command.words) } }
        }
    }

    /// Hears everything published to the channels, and to channels that match the patterns, until it is cancelled.
    ///
    /// `deliver` is called on `loop`, in the order of arrival, and must be quick: put aside what takes time.
    package func subscribe(
        to channels: [String], matching patterns: [String] = [],
        _ deliver: @escaping @Sendable (SubscriptionSignal) -> Void
    ) async -> Subscription {
        let topics = channels.map(Topic.channel) + patterns.map(Topic.pattern)
        return Subscription(subscriptions, number: await subscriptions.add(topics, deliver))
    }

    /// Whether Redis answers now: what `/ready` asks.
    package func isReady(within patience: Duration = .seconds(1)) async -> Bool {
        // Any failure means: not ready.
        (try? await run(.ping, within: patience)) == "PONG"
    }

    /// Connections that are open now, of those for commands.
    package var connections: Int {
        get async {
            var count = 0
            for lane in lanes { if await lane.isConnected { count += 1 } }
            return count
        }
    }

    /// Commands that are under way or come later fail as unavailable.
    package func close() async {
        await subscriptions.close()
        for lane in lanes { await lane.close() }
    }

    /// The name under which Redis keeps a script; learnt once, since it depends on the text alone.
    func digest(of source: String) async throws -> String {
        if let known = digests.withLock({ $0[source] }) { return known }
        let digest = try await run(Command<String>("SCRIPT", "LOAD", source))
        digests.withLock { $0[source] = digest }
        return digest
    }
}
