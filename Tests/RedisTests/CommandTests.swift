import Core
import Foundation
import Redis
import Sockets
import TestSupport
import Testing

@Suite(.freshRedis) struct `A command to Redis` {
    @Test func `is answered with a value of its type`() async throws {
        let redis = FreshRedis.current.client()

        #expect(try await redis.run(.ping) == "PONG")
        #expect(try await redis.run(.set("word", to: "vålt", for: .seconds(60))))
        #expect(try await redis.run(.get("word")) == RedisBytes(Array("vålt".utf8)))
        #expect(try await redis.run(.get("none")) == nil)
        #expect(try await redis.run(.raise("number")) == 1)
        let lengths = try await redis.run(.get(each: ["word", "none", "number"])).map { $0?.bytes.count }
        #expect(lengths == [5, nil, 1])
        #expect(try await redis.run(.delete(["word", "none", "number"])) == 2)
    }

    @Test func `carries bytes that are no text`() async throws {
        let redis = FreshRedis.current.client()
        let bytes = (0...255).map { UInt8($0) } + [0, 13, 10, 0]

        _ = try await redis.run(.set("bytes", to: bytes, for: .seconds(60)))
        _ = try await redis.run(.set("none", to: [UInt8](), for: .seconds(60)))

        #expect(try await redis.run(.get("bytes"))?.bytes == bytes)
        #expect(try await redis.run(.get("none"))?.bytes == [])
    }

    @Test func `writes only where nothing is, when told so`() async throws {
        let redis = FreshRedis.current.client()

        #expect(try await redis.run(.set("place", to: "first", for: .seconds(60), onlyIfAbsent: true)))
        #expect(try await !redis.run(.set("place", to: "second", for: .seconds(60), onlyIfAbsent: true)))

        #expect(try await redis.run(Command<String>("GET", "place")) == "first")
    }

    @Test func `keeps a value for its lifetime, in milliseconds`() async throws {
        let redis = FreshRedis.current.client()

        _ = try await redis.run(.set("short", to: "x", for: .milliseconds(30)))
        _ = try await redis.run(.set("long", to: "x", for: .milliseconds(90_500)))

        let left = try await redis.run(Command<Int>("PTTL", "long"))
        #expect((60_000...90_500).contains(left))
        try await Wait.until { try await redis.run(.get("short")) == nil }
    }

    @Test func `that Redis refuses is thrown with Redis' code`() async throws {
        let redis = FreshRedis.current.client()
        _ = try await redis.run(.set("word", to: "x", for: .seconds(60)))

        let error = await #expect(throws: RedisError.self) { try await redis.run(.raise("word")) }
        let wrongType = await #expect(throws: RedisError.self) {
            try await redis.run(Command<Int>("LLEN", "word"))
        }

        #expect(error?.kind == .refused(code: "ERR"))
        #expect(wrongType?.kind == .refused(code: "WRONGTYPE"))
        #expect(wrongType?.isUnavailable == false)
        #expect(wrongType?.mayHaveRun == false)
    }

    @Test func `answered in another shape is no value of a wrong type`() async throws {
        let redis = FreshRedis.current.client()

        let error = await #expect(throws: RedisError.self) { try await redis.run(Command<[String]>("PING")) }

        #expect(error?.kind == .unexpectedReply)
        #expect(error?.isUnavailable == false)
    }

    @Test func `reads hashes, lists and numbers`() async throws {
        let redis = FreshRedis.current.client()

        _ = try await redis.run(Command<Int>("HSET", "hash", "a", 1, "b", Int64(-2)))
        _ = try await redis.run(Command<Int>("RPUSH", "list").with(["x", "y"]))

        #expect(try await redis.run(Command<[String: Int]>("HGETALL", "hash")) == ["a": 1, "b": -2])
        #expect(try await redis.run(Command<[Int64?]>("HMGET", "hash", "b", "none")) == [-2, nil])
        #expect(try await redis.run(Command<[String]>("LRANGE", "list", 0, -1)) == ["x", "y"])
        #expect(try await redis.run(Command<[String: Int]>("HGETALL", "none")) == [:])
    }
}

@Suite(.freshRedis) struct `Many commands at once` {
    @Test func `are answered each with its own answer`() async throws {
        let redis = FreshRedis.current.client()

        let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<2_000 {
                group.addTask { (number, try await redis.run(Command<String>("ECHO", number))) }
            }
            return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
        }

        #expect(answers.count == 2_000)
        #expect(answers.allSatisfy { $0.value == "\($0.key)" })
    }

    @Test func `keep the order in which one loop sent them`() async throws {
        let loops = try EventLoops(count: 1)
        let redis = FreshRedis.current.client(on: loops)
        _ = try await redis.run(.ping)

        try await loops.all[0].run {
            for number in 0..<500 { redis.post(Command<Int>("RPUSH", "order", number)) }
        }
        let order = try await redis.run(Command<[Int]>("LRANGE", "order", 0, -1))

        #expect(order == Array(0..<500))
        await redis.close()
        await loops.stop()
    }

    @Test func `share one connection a loop`() async throws {
        let loops = try EventLoops(count: 2)
        let redis = FreshRedis.current.client(on: loops)
        try await Wait.until { await redis.connections == 2 }

        try await withThrowingTaskGroup { group in
            for number in 0..<100 { group.addTask { _ = try await redis.run(.raise("n\(number)")) } }
            try await group.waitForAll()
        }

        // Whoever saw the server come up may not have left it yet.
        try await Wait.until {
            let list = try await redis.run(Command<String>("CLIENT", "LIST", "TYPE", "normal"))
            return list.split(separator: "\n").count { $0.contains("name=voltbus") } == 2
        }
        await redis.close()
        await loops.stop()
    }

    @Test func `beyond the limit are refused instead of kept`() async throws {
        var settings = FreshRedis.current.settings
        settings.limits.inFlight = 10
        let loops = try EventLoops(count: 1)
        let redis = FreshRedis.current.client(on: loops, settings)
        _ = try await redis.run(.ping)
        FreshRedis.current.freeze()

        let kinds = await withTaskGroup(of: RedisError.Kind?.self) { group in
            for _ in 0..<15 {
                group.addTask {
                    do { _ = try await redis.run(.ping, within: .seconds(1)) } catch {
                        return (error as? RedisError)?.kind
                    }
                    return nil
                }
            }
            return await group.reduce(into: [RedisError.Kind?]()) { $0.append($1) }
        }
        FreshRedis.current.thaw()

        #expect(kinds.count { $0 == .overloaded } == 5)
        #expect(kinds.count { $0 == .deadlineExceeded || $0 == .connectionLost } == 10)
        await redis.close()
        await loops.stop()
    }
}

@Suite(.freshRedis) struct `A script` {
    private static let swap = Script<[String?]>(
        "local old = redis.call('GET', KEYS[1]); redis.call('SET', KEYS[1], ARGV[1]); return {old, ARGV[1]}")

    @Test func `runs as one step, by its digest`() async throws {
        let redis = FreshRedis.current.client()

        #expect(try await redis.run(Self.swap, keys: ["place"], ["a"]) == [nil, "a"])
        #expect(try await redis.run(Self.swap, keys: ["place"], ["b"]) == ["a", "b"])

        let calls = try await redis.run(Command<String>("INFO", "commandstats"))
        #expect(calls.contains("cmdstat_evalsha:calls=2"))
        #expect(!calls.contains("cmdstat_eval:"))
    }

    @Test func `is sent again to a server that has forgotten it`() async throws {
        let redis = FreshRedis.current.client()
        _ = try await redis.run(Self.swap, keys: ["place"], ["a"])

        _ = try await redis.run(Command<Bool>("SCRIPT", "FLUSH"))

        #expect(try await redis.run(Self.swap, keys: ["place"], ["b"]) == ["a", "b"])
        #expect(try await redis.run(Self.swap, keys: ["place"], ["c"]) == ["b", "c"])
    }

    @Test func `that fails says so`() async throws {
        let redis = FreshRedis.current.client()

        await #expect(throws: RedisError.self) {
            try await redis.run(Script<Int>("return redis.call('LPUSH', KEYS[1])"), keys: ["x"])
        }
    }
}
