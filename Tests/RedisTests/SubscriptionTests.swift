import Core
import Redis
import Sockets
import Synchronization
import TestSupport
import Testing

/// What a subscriber heard, in order.
private final class Ear: Sendable {
    private let heard = Mutex<[String]>([])

    var all: [String] { heard.withLock { $0 } }

    var listener: @Sendable (SubscriptionSignal) -> Void {
        { [self] signal in
            let text =
                switch signal {
                case .live: "live"
                case .lost: "lost"
                case .message(let message):
                    "\(message.channel)=\(String(decoding: message.bytes, as: UTF8.self))"
                }
            heard.withLock { $0.append(text) }
        }
    }

    func wait(for texts: [String]) async throws {
        try await Wait.until { all.count >= texts.count }
        #expect(all == texts)
    }
}

@Suite(.freshRedis) struct `A subscription` {
    @Test func `hears what is published from the moment it is live`() async throws {
        let redis = FreshRedis.current.client()
        let ear = Ear()

        let subscription = await redis.subscribe(to: ["a", "b"], ear.listener)
        try await ear.wait(for: ["live"])
        #expect(try await redis.run(.publish("1", to: "a")) == 1)
        #expect(try await redis.run(.publish("2", to: "c")) == 0)
        #expect(try await redis.run(.publish("3", to: "b")) == 1)

        try await ear.wait(for: ["live", "a=1", "b=3"])
        subscription.cancel()
    }

    @Test func `hears the channels that match a pattern`() async throws {
        let redis = FreshRedis.current.client()
        let ear = Ear()

        let subscription = await redis.subscribe(to: [], matching: ["vb.*"], ear.listener)
        try await ear.wait(for: ["live"])
        _ = try await redis.run(.publish("1", to: "vb.session"))
        _ = try await redis.run(.publish("2", to: "other"))
        _ = try await redis.run(.publish("3", to: "vb.meter"))

        try await ear.wait(for: ["live", "vb.session=1", "vb.meter=3"])
        subscription.cancel()
    }

    @Test func `keeps the order of one publisher`() async throws {
        let redis = FreshRedis.current.client()
        let ear = Ear()
        let subscription = await redis.subscribe(to: ["a"], ear.listener)
        try await ear.wait(for: ["live"])

        try await redis.loop.run { for number in 0..<1_000 { redis.post(.publish("\(number)", to: "a")) } }

        try await ear.wait(for: ["live"] + (0..<1_000).map { "a=\($0)" })
        subscription.cancel()
    }

    @Test func `shares its channel with others, and leaves it alone when it ends`() async throws {
        let redis = FreshRedis.current.client()
        let (first, second) = (Ear(), Ear())
        let one = await redis.subscribe(to: ["a"], first.listener)
        try await first.wait(for: ["live"])
        let two = await redis.subscribe(to: ["a"], second.listener)
        try await second.wait(for: ["live"])

        _ = try await redis.run(.publish("1", to: "a"))
        try await second.wait(for: ["live", "a=1"])
        one.cancel()
        #expect(try await redis.run(.publish("2", to: "a")) == 1)

        try await second.wait(for: ["live", "a=1", "a=2"])
        #expect(first.all == ["live", "a=1"])
        two.cancel()
        try await Wait.until { try await redis.run(.publish("3", to: "a")) == 0 }
    }

    @Test func `hears a channel that was left and joined in one breath`() async throws {
        let redis = FreshRedis.current.client()
        let ear = Ear()
        var subscription = await redis.subscribe(to: ["a"]) { _ in }
        for _ in 0..<20 {
            subscription.cancel()
            subscription = await redis.subscribe(to: ["a"]) { _ in }
        }
        subscription.cancel()

        let last = await redis.subscribe(to: ["a"], ear.listener)
        try await ear.wait(for: ["live"])
        #expect(try await redis.run(.publish("1", to: "a")) == 1)

        try await ear.wait(for: ["live", "a=1"])
        last.cancel()
    }

    @Test func `is taken up again by itself after the server was killed`() async throws {
        let server = FreshRedis.current
        let redis = server.client()
        let (exact, matching) = (Ear(), Ear())
        let one = await redis.subscribe(to: ["a"], exact.listener)
        let two = await redis.subscribe(to: [], matching: ["a*"], matching.listener)
        try await exact.wait(for: ["live"])
        try await matching.wait(for: ["live"])

        server.stop()
        try await exact.wait(for: ["live", "lost"])
        try await server.start()
        try await exact.wait(for: ["live", "lost", "live"])
        try await matching.wait(for: ["live", "lost", "live"])
        try await Wait.until {
            do { return try await redis.run(.publish("1", to: "a")) == 2 } catch { return false }
        }

        try await exact.wait(for: ["live", "lost", "live", "a=1"])
        try await matching.wait(for: ["live", "lost", "live", "a=1"])
        one.cancel()
        two.cancel()
    }

    @Test func `may begin while Redis is away`() async throws {
        let server = FreshRedis.current
        server.stop()
        let redis = server.client()
        let ear = Ear()
        let subscription = await redis.subscribe(to: ["a"], ear.listener)
        await #expect(throws: RedisError.self) { try await redis.run(.ping) }
        #expect(ear.all.isEmpty)

        try await server.start()

        try await ear.wait(for: ["live"])
        subscription.cancel()
    }

    @Test func `whose connection hangs is made anew`() async throws {
        var settings = FreshRedis.current.settings
        settings.limits.keepAlive = .milliseconds(20)
        settings.limits.command = .milliseconds(60)
        let redis = FreshRedis.current.client(settings)
        let ear = Ear()
        let subscription = await redis.subscribe(to: ["a"], ear.listener)
        try await ear.wait(for: ["live"])

        FreshRedis.current.freeze()
        try await Wait.until { ear.all == ["live", "lost"] }
        FreshRedis.current.thaw()

        try await Wait.until { ear.all == ["live", "lost", "live"] }
        subscription.cancel()
    }

    @Test func `that is only quiet stays`() async throws {
        var settings = FreshRedis.current.settings
        settings.limits.keepAlive = .milliseconds(2)
        let redis = FreshRedis.current.client(settings)
        let ear = Ear()
        let subscription = await redis.subscribe(to: ["a"], ear.listener)
        try await ear.wait(for: ["live"])

        // Each question after its pulse is one more SUBSCRIBE.
        try await Wait.until {
            let calls = try await redis.run(Command<String>("INFO", "commandstats"))
            let count = calls.split(separator: "cmdstat_subscribe:calls=").last?.prefix { $0.isNumber }
            return (count.flatMap { Int($0) } ?? 0) > 10
        }

        #expect(ear.all == ["live"])
        subscription.cancel()
    }
}
