import Core
import Redis
import TestSupport
import Testing

@Suite(.freshRedis) struct `A lock` {
    @Test func `has one holder`() async throws {
        let redis = FreshRedis.current.client()

        let holders = try await withThrowingTaskGroup(of: Lock?.self) { group in
            for _ in 0..<50 { group.addTask { try await redis.lock("job", for: .seconds(60)) } }
            return try await group.reduce(into: [Lock]()) { if let lock = $1 { $0.append(lock) } }
        }

        #expect(holders.count == 1)
        #expect(try await redis.lock("other", for: .seconds(60)) != nil)
    }

    @Test func `is free again when its holder gives it back`() async throws {
        let redis = FreshRedis.current.client()
        let first = try #require(try await redis.lock("job", for: .seconds(60)))

        #expect(try await first.release())

        #expect(try await redis.lock("job", for: .seconds(60)) != nil)
    }

    @Test func `is free again when its time is over`() async throws {
        let redis = FreshRedis.current.client()
        let first = try #require(try await redis.lock("job", for: .milliseconds(20)))

        try await Wait.until { try await redis.lock("job", for: .seconds(60)) != nil }

        #expect(try await !first.extend(to: .seconds(60)))
    }

    @Test func `cannot be given back by who held it before`() async throws {
        let redis = FreshRedis.current.client()
        let late = try #require(try await redis.lock("job", for: .milliseconds(20)))
        try await Wait.until { try await redis.lock("job", for: .seconds(60)) != nil }

        #expect(try await !late.release())

        #expect(try await redis.lock("job", for: .seconds(60)) == nil)
    }

    @Test func `is held longer when its holder says so`() async throws {
        let redis = FreshRedis.current.client()
        let lock = try #require(try await redis.lock("job", for: .seconds(5)))

        #expect(try await lock.extend(to: .seconds(90)))

        let left = try await redis.run(Command<Int>("PTTL", "job"))
        #expect(left > 60_000)
    }
}
