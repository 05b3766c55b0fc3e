import Core
import FoundationEssentials
import Redis
import TestSupport
import Testing

@Suite(.freshRedis) struct `A rate limit` {
    @Test func `allows so many acts, and says how long to wait for the next`() async throws {
        let time = ManualClock()
        let limit = RateLimit(
            "login", limit: 3, per: .seconds(60), on: FreshRedis.current.client(), clock: time.clock)

        var verdicts: [RateLimit.Verdict] = []
        for _ in 0..<4 { verdicts.append(await limit.take("1.2.3.4")) }

        #expect(verdicts.map(\.isAllowed) == [true, true, true, false])
        #expect(verdicts.map(\.remaining) == [2, 1, 0, 0])
        #expect((1...120).contains(verdicts[3].retryAfterSeconds))
        time.advance(by: verdicts[3].retryAfter)
        #expect(await limit.take("1.2.3.4").isAllowed)
    }

    @Test func `counts each subject and each limit by itself`() async throws {
        let redis = FreshRedis.current.client()
        let time = ManualClock()
        let login = RateLimit("login", limit: 1, per: .seconds(60), on: redis, clock: time.clock)
        let mail = RateLimit("mail", limit: 1, per: .seconds(60), on: redis, clock: time.clock)

        #expect(await login.take("a").isAllowed)

        #expect(await login.take("b").isAllowed)
        #expect(await mail.take("a").isAllowed)
        #expect(await !login.take("a").isAllowed)
    }

    @Test func `is one for all processes`() async throws {
        let time = ManualClock()
        let limits = (0..<4).map { _ in
            RateLimit(
                "login", limit: 10, per: .seconds(60), on: FreshRedis.current.client(), clock: time.clock,
                patience: .seconds(60))
        }

        let allowed = await withTaskGroup(of: Bool.self) { group in
            for limit in limits {
                for _ in 0..<10 { group.addTask { await limit.take("a").isAllowed } }
            }
            return await group.reduce(into: 0) { if $1 { $0 += 1 } }
        }

        #expect(allowed == 10)
    }

    @Test(arguments: [1, 7, 20, 100], [UInt64(1), 2, 3])
    func `counts in Redis as it does in one process`(limit: Int, seed: UInt64) async throws {
        let time = ManualClock()
        let shared = RateLimit(
            "x", limit: limit, per: .seconds(60), on: FreshRedis.current.client(), clock: time.clock,
            patience: .seconds(60))
        let own = RateLimit("x", limit: limit, per: .seconds(60), on: nil, clock: time.clock)
        var random = Dice(seed: seed)

        for _ in 0..<300 {
            let expected = await own.take("a")
            #expect(await shared.take("a") == expected)
            // Mostly within a window, sometimes over its end, now and then past the whole of the next.
            let step = [0, 1, 300, 4_000, 30_000, 60_000, 130_000][Int(random.next() % 7)]
            time.advance(by: .milliseconds(step))
            // Waiting as long as was said is enough, and never too little.
            if !expected.isAllowed, random.next() % 4 == 0 { time.advance(by: expected.retryAfter) }
        }
    }

    @Test func `never allows twice the limit around the change of a window`() async throws {
        let time = ManualClock(Date(timeIntervalSince1970: 1_795_170_659))
        let limit = RateLimit("x", limit: 60, per: .seconds(60), on: nil, clock: time.clock)
        for _ in 0..<60 { _ = await limit.take("a") }

        time.advance(by: .seconds(2))
        var allowed = 0
        for _ in 0..<60 where await limit.take("a").isAllowed { allowed += 1 }

        #expect(allowed <= 1)
    }

    @Test func `goes on in this process while Redis is away`() async throws {
        let server = FreshRedis.current
        let time = ManualClock()
        let redis = server.client()
        let limit = RateLimit("x", limit: 2, per: .seconds(60), on: redis, clock: time.clock)
        #expect(await limit.take("a").remaining == 1)

        server.stop()
        try await Wait.until { await redis.connections == 0 }
        var verdicts: [Bool] = []
        for _ in 0..<3 { verdicts.append(await limit.take("a").isAllowed) }
        #expect(verdicts == [true, true, false])

        try await server.start()
        try await Wait.until { await redis.connections == 2 }
        #expect(await limit.take("a").remaining == 1)
    }

    @Test func `holds nobody up long when Redis hangs`() async throws {
        let redis = FreshRedis.current.client()
        _ = try await redis.run(.ping)
        let limit = RateLimit("x", limit: 2, per: .seconds(60), on: redis)
        _ = await limit.take("a")
        FreshRedis.current.freeze()

        let start = ContinuousClock().now
        #expect(await limit.take("a").isAllowed)

        // The command itself would wait for two seconds, and this machine may be busy.
        #expect(ContinuousClock().now - start < .seconds(2))
        FreshRedis.current.thaw()
    }

    @Test func `of nothing allows everything`() async throws {
        let limit = RateLimit("x", limit: 0, per: .seconds(60), on: nil)

        #expect(await limit.take("a") == .unlimited)
    }
}

/// Random numbers that are the same at each run (SplitMix64).
private struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
