import Core
import Redis
import Sockets
import TestSupport
import Testing

@Suite(.freshRedis) struct `A Redis that is away` {
    @Test func `fails every command at once`() async throws {
        let redis = FreshRedis.current.client()
        _ = try await redis.run(.ping)

        FreshRedis.current.stop()
        try await Wait.until { await redis.connections == 0 }
        let start = ContinuousClock().now
        for _ in 0..<50 {
            let error = await #expect(throws: RedisError.self) { try await redis.run(.ping) }
            #expect(error?.kind == .unavailable)
            #expect(error?.mayHaveRun == false)
            #expect(error?.retryAfterSeconds == 2)
        }

        // Each would take its whole deadline, 2 s, if it waited: 100 s in all.
        #expect(ContinuousClock().now - start < .seconds(20))
    }

    @Test func `is found again by itself`() async throws {
        let server = FreshRedis.current
        let redis = server.client()
        _ = try await redis.run(.set("kept", to: "x", for: .seconds(60)))

        server.stop()
        try await Wait.until { await redis.connections == 0 }
        try await server.start()
        try await Wait.until { await redis.connections == 2 }

        #expect(try await redis.run(.ping) == "PONG")
        #expect(try await redis.run(.get("kept")) == nil)
    }

    @Test func `leaves it open whether commands under way have run`() async throws {
        let server = FreshRedis.current
        let redis = server.client()
        // A connection that is not open yet would never be.
        try await Wait.until { await redis.connections == 2 }
        server.freeze()
        let under = Task { try await redis.run(.raise("n"), within: .seconds(20)) }

        server.stop()

        let error = await #expect(throws: RedisError.self) { try await under.value }
        #expect(error?.isUnavailable == true)
    }

    @Test func `that hangs is given up after the deadline, and so are its connections`() async throws {
        let loops = try EventLoops(count: 1)
        var settings = FreshRedis.current.settings
        settings.limits.command = .milliseconds(50)
        settings.limits.connect = .milliseconds(50)
        let redis = FreshRedis.current.client(on: loops, settings)
        try await Wait.until { await redis.connections == 1 }

        FreshRedis.current.freeze()
        let error = await #expect(throws: RedisError.self) { try await redis.run(.raise("n")) }
        #expect(error?.kind == .deadlineExceeded)
        #expect(error?.mayHaveRun == true)
        try await Wait.until { await redis.connections == 0 }
        FreshRedis.current.thaw()

        try await Wait.until { await redis.connections == 1 }
        #expect(try await redis.run(.ping) == "PONG")
        await redis.close()
        await loops.stop()
    }

    @Test func `does not hold up a caller who was cancelled`() async throws {
        let redis = FreshRedis.current.client()
        _ = try await redis.run(.ping)
        FreshRedis.current.freeze()
        let task = Task { try await redis.run(.ping, within: .seconds(600)) }

        task.cancel()

        await #expect(throws: CancellationError.self) { try await task.value }
        FreshRedis.current.thaw()
        #expect(try await redis.run(.ping) == "PONG")
    }

    @Test func `is not missed by a client that was closed`() async throws {
        let redis = FreshRedis.current.client()
        _ = try await redis.run(.ping)

        await redis.close()

        let error = await #expect(throws: RedisError.self) { try await redis.run(.ping) }
        #expect(error?.kind == .unavailable)
        #expect(await redis.connections == 0)
    }
}

@Suite(.freshRedis) struct `A Redis with a password` {
    private func client(_ credentials: String, database: Int = 0) throws -> RedisClient {
        let path = FreshRedis.current.url.dropFirst("unix://".count)
        var settings = try RedisSettings(url: "unix://\(credentials)@\(path)?db=\(database)")
        settings.limits = FreshRedis.current.settings.limits
        return FreshRedis.current.client(settings)
    }

    @Test func `lets in who knows it, and nobody else`() async throws {
        let admin = FreshRedis.current.client()
        _ = try await admin.run(Command<Bool>("CONFIG", "SET", "requirepass", "p@ss:word/?"))

        let right = try client(":p%40ss:word%2F%3F", database: 3)
        let wrong = try client(":hidden")
        let without = FreshRedis.current.client()

        #expect(try await right.run(.ping) == "PONG")
        #expect(try await right.run(Command<String>("CLIENT", "INFO")).contains(" db=3 "))
        for client in [wrong, without] {
            let error = await #expect(throws: RedisError.self) { try await client.run(.ping) }
            #expect(error?.kind == .unavailable)
            #expect(error?.message.contains("hidden") == false)
        }
    }

    @Test func `knows users by name`() async throws {
        let admin = FreshRedis.current.client()
        _ = try await admin.run(
            Command<Bool>("ACL", "SETUSER", "billing", "on", ">secret", "~*", "&*", "+@all"))

        let billing = try client("billing:secret")

        #expect(try await billing.run(Command<String>("ACL", "WHOAMI")) == "billing")
    }
}

@Suite struct `The URL of a Redis` {
    @Test(arguments: [
        ("redis://127.0.0.1", RedisSettings.Endpoint.host("127.0.0.1", port: 6_379), 0),
        ("redis://redis:6380/2", .host("redis", port: 6_380), 2),
        ("redis://[::1]:6380", .host("::1", port: 6_380), 0),
        ("redis://u:p@host/1", .host("host", port: 6_379), 1),
        ("unix:///run/redis.sock?db=4", .path("/run/redis.sock"), 4),
        ("redis+unix:///run/redis.sock", .path("/run/redis.sock"), 0),
        (
            "redis+sentinel://:p@one,two:26380/voltbus/3?sentinel_password=s",
            .sentinels([.init("one", port: 26_379), .init("two", port: 26_380)], master: "voltbus"), 3
        ),
    ])
    func `names its place`(url: String, endpoint: RedisSettings.Endpoint, database: Int) throws {
        let settings = try RedisSettings(url: url)

        #expect(settings.endpoint == endpoint)
        #expect(settings.database == database)
    }

    @Test(arguments: [
        "http://host", "redis://u:hidden@host:0", "redis://u:hidden@host:65536", "redis://u:hidden@host/x",
        "redis+sentinel://:hidden@one", "redis+sentinel://:hidden@/voltbus",
        "redis+sentinel://:hidden@one:x/voltbus",
        "redis://u:hid%zzden@host", "unix://relative.sock", "redis://u:hidden@host/-1", "",
    ])
    func `that is none is refused without repeating it`(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisSettings(url: url) }

        #expect(error?.kind == .badConfiguration)
        #expect(error?.message.contains("hidden") == false)
    }
}
