import Foundation
package import Redis
package import Sockets
import Synchronization
import Testing

/// A Redis of one test's own, on a socket in a folder of its own. A database number or a prefix would not do: pub/sub and
/// the script cache are the server's. It keeps nothing, so that stopping it is losing it.
///
///     @Test(.freshRedis) func `hears of it`() async throws {
///         let redis = FreshRedis.current.client()
package final class FreshRedis: Sendable {
    @TaskLocal private static var bound: FreshRedis?

    /// The server of the test that is running.
    package static var current: FreshRedis {
        guard let bound else { preconditionFailure("The test lacks the trait .freshRedis") }
        return bound
    }

    /// For a program that reads REDIS_URL.
    package var url: String { "unix://\(socket)" }

    private let folder: URL
    private let process = Mutex<pid_t?>(nil)
    private let clients = Mutex<[RedisClient]>([])

    private var socket: String { folder.appending(path: "redis.sock").path() }

    private init() throws {
        // Short, because the path of a socket has at most 107 bytes.
        folder = URL(filePath: "/tmp/vb-\(UUID().uuidString.prefix(13))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// For a test that changes some of them; reconnects sooner than a service does, because tests wait for it.
    package var settings: RedisSettings {
        var settings = RedisSettings(endpoint: .path(socket))
        settings.limits.firstReconnect = .milliseconds(5)
        settings.limits.longestReconnect = .milliseconds(20)
        return settings
    }

    /// Closed when the test is over; who brings loops closes it before they stop.
    package func client(on loops: EventLoops? = nil, _ settings: RedisSettings? = nil) -> RedisClient {
        let client = RedisClient(settings ?? self.settings, on: loops ?? TestLoops.shared)
        if loops == nil { clients.withLock { $0.append(client) } }
        return client
    }

    /// Starts it (again), and returns when it answers.
    package func start() async throws {
        // The loop's thread lives as long as this process, and with the thread that began it the server ends.
        let process = try await TestLoops.shared.next().run { try self.spawn() }
        self.process.withLock { $0 = process }
        let probe = RedisClient(settings, on: TestLoops.shared)
        do {
            try await Wait.until { await probe.isAnswered }
        } catch {
            await probe.close()
            throw error
        }
        await probe.close()
    }

    /// Kills it, with everything that it holds.
    package func stop() {
        guard let process = process.withLock({ $0.take() }) else { return }
        kill(process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    /// Has it hang: connections stay open, nothing is answered.
    package func freeze() { signal(SIGSTOP) }

    package func thaw() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        if let process = process.withLock({ $0 }) { kill(process, number) }
    }

    private func spawn() throws -> pid_t {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        for descriptor in 0...2 as ClosedRange<Int32> {
            posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0)
        }
        // It must not hold on to the sockets of the tests beside this one.
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            guard let descriptor = Int32(name), descriptor > 2 else { continue }
            posix_spawn_file_actions_addclose(&files, descriptor)
        }
        // Ends with this process, however that ends.
        let words = ["setpriv", "--pdeathsig", "KILL", "redis-server"]
        let options = [
            "--port", "0", "--unixsocket", socket, "--dir", folder.path(), "--save", "", "--appendonly", "no",
            "--logfile", folder.appending(path: "log").path(),
        ]
        var arguments = (words + options).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        let failure = posix_spawnp(&process, words[0], &files, nil, &arguments, environ)
        guard failure == 0 else { throw RedisError(.unavailable, String(cString: strerror(failure))) }
        return process
    }

    private func close() async throws {
        let clients = clients.withLock { clients in
            defer { clients = [] }
            return clients
        }
        for client in clients { await client.close() }
        stop()
        try FileManager.default.removeItem(at: folder)
    }

    /// `provideScope` of the trait: starts it, binds it, ends it whatever the test did.
    static func provide(_ body: @Sendable () async throws -> Void) async throws {
        let fresh = try FreshRedis()
        let outcome: Result<Void, any Error>
        do {
            try await fresh.start()
            outcome = .success(try await $bound.withValue(fresh) { try await body() })
        } catch {
            outcome = .failure(error)
        }
        try await fresh.close()
        try outcome.get()
    }
}

extension RedisClient {
    fileprivate var isAnswered: Bool {
        // Any failure means: not yet.
        get async { (try? await run(.ping)) != nil }
    }
}
