import Core
import Foundation
import Redis
import Sockets
import Synchronization
import TestSupport
import Testing

/// A master, a replica of it, and a sentinel that watches both: three processes of Redis' own program, that keep nothing.
private final class WatchedRedis: Sendable {
    let master: Int
    let replica: Int
    let sentinel: Int
    private let folder: URL
    private let processes = Mutex<[Int: Process]>([:])

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "vb-sentinel-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        (master, replica, sentinel) = (try Self.freePort(), try Self.freePort(), try Self.freePort())
        try await start(at: master, "")
        try await start(at: replica, "replicaof 127.0.0.1 \(master)")
        let first = client(at: master)
        // A sentinel learns of replicas when it comes, and then every ten seconds.
        try await Wait.until {
            let about = try? await first.run(Command<String>("INFO", "replication"))
            return about?.contains("state=online") == true
        }
        await first.close()
        try await start(
            at: sentinel,
            """
            sentinel monitor voltbus 127.0.0.1 \(master) 1
            sentinel down-after-milliseconds voltbus 300
            sentinel failover-timeout voltbus 3000
            """, as: ["--sentinel"])
        let watcher = client(at: sentinel)
        try await Wait.until {
            let known = try? await watcher.run(Command<[Reply]>("SENTINEL", "REPLICAS", "voltbus"))
            return known?.isEmpty == false
        }
        await watcher.close()
    }

    func client(at port: Int, database: Int = 0) -> RedisClient {
        var settings = RedisSettings(endpoint: .host("127.0.0.1", port: port))
        settings.database = database
        settings.limits = FreshRedis.current.settings.limits
        return FreshRedis.current.client(settings)
    }

    private func start(at port: Int, _ words: String, as options: [String] = []) async throws {
        let file = folder.appending(path: "\(port).conf")
        let usual = "port \(port)\nbind 127.0.0.1\ndir \(folder.path())\nlogfile \(port).log\n"
        // A sentinel does not know the settings of a server that stores.
        let keepsNothing = options.isEmpty ? "save \"\"\nappendonly no\nrepl-diskless-sync-delay 0\n" : ""
        try Data((usual + keepsNothing + words + "\n").utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = ["--pdeathsig", "KILL", "redis-server", file.path()] + options
        // The loop's thread lives as long as this process, and with the thread that began it the server ends.
        try await TestLoops.shared.next().run { try process.run() }
        processes.withLock { $0[port] = process }
    }

    func kill(at port: Int) {
        guard let process = processes.withLock({ $0.removeValue(forKey: port) }) else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func stop() throws {
        for port in [sentinel, replica, master] { kill(at: port) }
        try FileManager.default.removeItem(at: folder)
    }

    private static func freePort() throws -> Int {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        try #require(isBound)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

@Suite(.freshRedis, .timeLimit(.minutes(10))) struct `A Redis that sentinels watch` {
    @Test func `is found by its name, and again where it went when it died`() async throws {
        let watched = try await WatchedRedis()
        // Nobody listens at the first of them.
        var settings = try RedisSettings(
            url: "redis+sentinel://127.0.0.1:1,127.0.0.1:\(watched.sentinel)/voltbus/2")
        settings.limits = FreshRedis.current.settings.limits
        let redis = FreshRedis.current.client(settings)
        let heard = Mutex<[String]>([])
        let subscription = await redis.subscribe(to: ["news"]) { signal in
            if case .message(let message) = signal {
                heard.withLock { $0.append(String(decoding: message.bytes, as: UTF8.self)) }
            }
        }
        try await Wait.until { (try? await redis.run(.set("kept", to: "x", for: .seconds(600)))) == true }
        // What the replica has not heard dies with the master. (WAIT would only speak of its own connection.)
        let copy = watched.client(at: watched.replica, database: 2)
        try await Wait.until { try await copy.run(Command<String?>("GET", "kept")) == "x" }

        watched.kill(at: watched.master)

        // Until the sentinel has made the other one master, writing is refused or nobody is there.
        try await Wait.until { (try? await redis.run(.set("more", to: "y", for: .seconds(600)))) == true }
        // The connections of two loops come back one after the other.
        try await Wait.until { await redis.connections == 2 }
        #expect(try await redis.run(Command<[Reply]>("ROLE")).first?.text == "master")
        #expect(try await redis.run(Command<String?>("GET", "kept")) == "x")
        try await Wait.until {
            _ = try? await redis.run(.publish("here", to: "news"))
            return heard.withLock { $0.contains("here") }
        }
        subscription.cancel()
        await redis.close()
        try watched.stop()
    }

    @Test func `under a name that they do not know is away`() async throws {
        let watched = try await WatchedRedis()
        var settings = try RedisSettings(url: "redis+sentinel://127.0.0.1:\(watched.sentinel)/other")
        settings.limits = FreshRedis.current.settings.limits
        let redis = FreshRedis.current.client(settings)

        let error = await #expect(throws: RedisError.self) { try await redis.run(.ping) }

        #expect(error?.kind == .unavailable)
        #expect(error?.message.contains("no master called other") == true)
        await redis.close()
        try watched.stop()
    }
}
