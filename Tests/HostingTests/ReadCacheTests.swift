import Core
import HTTP
import Hosting
import Redis
import Sockets
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite(.freshRedis) struct `What is read a while late` {
    private struct Profile: Codable, Equatable, Sendable {
        var name: String
    }

    /// Counts how often the database would have been asked.
    private final class Source: Sendable {
        let state = Mutex((name: "Anna", reads: 0))

        var profile: Profile {
            state.withLock { state in
                state.reads += 1
                return Profile(name: state.name)
            }
        }

        var reads: Int { state.withLock { $0.reads } }

        func rename(to name: String) { state.withLock { $0.name = name } }
    }

    private let source = Source()
    private let metrics = Metrics(service: "accounts")
    private let anna = Caller(user: 1, role: .user, accessLevel: 0, loginSession: 1)
    private let berta = Caller(user: 2, role: .user, accessLevel: 0, loginSession: 2)

    private func cache(_ client: RedisClient? = nil, keeping lifetime: Duration = .seconds(60)) -> ReadCache {
        ReadCache(
            on: client ?? FreshRedis.current.client(), of: "accounts", keeping: CacheLifetimes(all: lifetime),
            log: Log(service: "accounts", level: .error, format: .json), metrics: metrics)
    }

    private func read(
        _ cache: ReadCache, _ key: String = "me", as caller: Caller? = nil, about subject: Int64? = nil
    ) async throws -> Profile {
        try await cache.remembered(.userProfile, key, for: caller ?? anna, about: subject) { source.profile }
    }

    /// What was read is stored behind the answer.
    private func kept(_ cache: ReadCache, about subject: Int64? = nil) async throws {
        try await Wait.until {
            let before = self.source.reads
            _ = try await self.read(cache, about: subject)
            return self.source.reads == before
        }
    }

    @Test func `is read once for all instances and counted as a hit from then on`() async throws {
        let (first, second) = (cache(), cache())

        try await kept(first)
        let before = source.reads
        let profile = try await read(second)

        #expect(profile == Profile(name: "Anna"))
        #expect(source.reads == before)
        let text = metrics.text()
        #expect(
            text.contains(#"voltbus_cache_reads_total{service="accounts",entry="user_profile",result="hit""#))
        #expect(
            text.contains(#"voltbus_cache_reads_total{service="accounts",entry="user_profile",result="miss""#)
        )
    }

    @Test func `is never shown to another person, nor to the same one in another role`() async throws {
        let cache = cache()
        try await kept(cache)
        source.rename(to: "Berta")
        var promoted = anna
        promoted.role = .admin

        let seen = (try await read(cache, as: berta), try await read(cache, as: promoted))

        #expect(seen.0 == Profile(name: "Berta"))
        #expect(seen.1 == Profile(name: "Berta"))
        #expect(try await read(cache) == Profile(name: "Anna"))
    }

    @Test func `is dropped by a change, in every instance at once`() async throws {
        let (first, second) = (cache(), cache())
        try await kept(first)
        source.rename(to: "Anna Nowak")

        await second.changed(.userProfile)

        #expect(try await read(first) == Profile(name: "Anna Nowak"))
    }

    @Test func `stays when another person changed`() async throws {
        let cache = cache()
        try await kept(cache, about: 1)
        source.rename(to: "Anna Nowak")

        await cache.changed(.userProfile, about: 2)
        await cache.changed(.userList)
        let before = try await read(cache, about: 1)
        await cache.changed(.userProfile, about: 1)
        let after = try await read(cache, about: 1)

        #expect(before == Profile(name: "Anna"))
        #expect(after == Profile(name: "Anna Nowak"))
    }

    @Test func `is not kept when it changed while it was read`() async throws {
        let cache = cache()
        try await kept(cache)
        await cache.changed(.userProfile)

        let old = try await cache.remembered(.userProfile, "me", for: anna) {
            let profile = source.profile
            source.rename(to: "Anna Nowak")
            await cache.changed(.userProfile)
            return profile
        }

        #expect(old == Profile(name: "Anna"))
        #expect(try await read(cache) == Profile(name: "Anna Nowak"))
    }

    @Test func `is made anew every time while Redis is away, and for a lifetime of zero`() async throws {
        let cache = cache()
        try await kept(cache)
        source.rename(to: "Anna Nowak")
        FreshRedis.current.stop()

        #expect(try await read(cache) == Profile(name: "Anna Nowak"))
        try await FreshRedis.current.start()
        let off = self.cache(keeping: .zero)
        let before = source.reads
        _ = try await read(off)
        _ = try await read(off)
        #expect(source.reads == before + 2)
    }

    @Test func `is not believed after a change that Redis could not be told`() async throws {
        let client = FreshRedis.current.client()
        let cache = cache(client)
        try await kept(cache)
        source.rename(to: "Anna Nowak")

        FreshRedis.current.freeze()
        await cache.changed(.userProfile)
        FreshRedis.current.thaw()

        #expect(try await read(cache) == Profile(name: "Anna Nowak"))
        #expect(
            metrics.text().contains(
                #"voltbus_cache_reads_total{service="accounts",entry="user_profile",result="away""#))
    }

    @Test func `is dropped whenever Redis is reached anew`() async throws {
        let client = FreshRedis.current.client()
        let cache = cache(client)
        try await kept(cache)
        source.rename(to: "Anna Nowak")

        let loop = TestLoops.shared.next()
        let watch = Task(executorPreference: loop) { await cache.run { try await loop.sleep(for: $0) } }

        try await Wait.until { try await self.read(cache) == Profile(name: "Anna Nowak") }
        watch.cancel()
        await watch.value
    }
}
