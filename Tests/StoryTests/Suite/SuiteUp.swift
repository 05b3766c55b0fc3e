import Core
import Foundation
import Glibc
import Synchronization
import Testing

/// The whole suite as an operator has it: `deploy/run` with ports and data of its own, so that proxy, services, PostgreSQL and Redis
/// are the real ones, and what is killed comes back the way it does there. With STORY_HTTPS_PORT it is one that runs already, such as
/// docker-compose's (deploy/verify/containers).
final class SuiteUp: Sendable {
    @TaskLocal static var bound: SuiteUp?

    /// The suite of the test that is running.
    static var current: SuiteUp {
        guard let bound else { preconditionFailure("The suite lacks the trait .suiteUp") }
        return bound
    }

    struct DidNotStart: Error, CustomStringConvertible {
        let output: String
        var description: String { "deploy/run did not get ready:\n\(output)" }
    }

    let adminEmail: String
    let adminPassword: String
    let certificate: String

    let home: URL
    let httpsPort: Int
    let httpPort: Int
    let stationTLSPort: Int
    let stationPort: Int
    private let firstPort: Int
    /// deploy/run, where it is this suite's own.
    private let run: Process?
    private let output = Output()

    var base: String { "https://localhost:\(httpsPort)" }

    /// A service's own port, which the proxy does not show.
    func own(_ service: String) -> String {
        let place = ["gateway", "accounts", "billing", "reporting"].firstIndex(of: service) ?? 0
        return "http://127.0.0.1:\(firstPort + place)"
    }

    /// Where the gateway itself hears stations, behind the proxy; 0 where the suite is not this test's own.
    var gatewayStationPort: Int { run == nil ? 0 : firstPort + 4 }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    init() throws {
        // Short, and where PostgreSQL's own user may go.
        home = URL(filePath: "/tmp").appending(path: "voltbus-story.\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        if let running = ProcessInfo.processInfo.environment["STORY_HTTPS_PORT"] {
            let there = ProcessInfo.processInfo.environment
            httpsPort = try #require(Int(running))
            stationTLSPort = try #require(there["STORY_OCPP_TLS_PORT"].flatMap { Int($0) })
            certificate = try #require(there["STORY_CERTIFICATE"])
            adminEmail = try #require(there["ADMIN_EMAIL"])
            adminPassword = try #require(there["ADMIN_PASSWORD"])
            (httpPort, stationPort, firstPort, run) = (0, 0, 0, nil)
            return
        }
        (adminEmail, adminPassword) = ("admin@stories.example", "Story-Admin-1")
        certificate = home.appending(path: "certificate.pem").path()
        let ports = try FreePorts.take()
        (httpsPort, httpPort, stationTLSPort, stationPort, firstPort) = (
            ports.first, ports.first + 1, ports.first + 2, ports.first + 3, ports.first + 4
        )
        let run = Process()
        self.run = run
        run.executableURL = Self.root.appending(path: "deploy/run")
        run.currentDirectoryURL = Self.root
        var environment = ProcessInfo.processInfo.environment
        environment.merge([
            "VOLTBUS_HOME": home.path(), "VOLTBUS_PROGRAMS": Self.programs,
            "VOLTBUS_HTTPS_PORT": "\(httpsPort)", "VOLTBUS_HTTP_PORT": "\(httpPort)",
            "VOLTBUS_OCPP_TLS_PORT": "\(stationTLSPort)", "VOLTBUS_OCPP_PORT": "\(stationPort)",
            "VOLTBUS_FIRST_PORT": "\(firstPort)",
            "ADMIN_EMAIL": adminEmail, "ADMIN_PASSWORD": adminPassword,
            "SELLER_NAME": "Nabíječky s.r.o.", "SELLER_ADDRESS": "Dlouhá 1, Praha",
            "SELLER_TAX_ID": "CZ12345678",
            // All callers here are one address.
            "RATE_LIMIT_ADDRESS": "0", "RATE_LIMIT_LOGIN": "0", "RATE_LIMIT_LOGIN_ADDRESS": "0",
        ]) { _, own in own }
        run.environment = environment
        run.standardInput = FileHandle.nullDevice
        run.standardOutput = output.pipe
        run.standardError = output.pipe
    }

    /// The built programs stand beside the test bundle.
    static let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path()

    func start() async throws {
        guard let run else { return }
        try hearingSignals { try run.run() }
        guard await output.says("VoltBus is ready") else {
            kill(run.processIdentifier, SIGTERM)
            throw DidNotStart(output: output.text)
        }
    }

    /// What is started has the signal mask of the thread that starts it, and Dispatch's threads block every signal: Ctrl-C would
    /// never reach deploy/run.
    private func hearingSignals(_ start: () throws -> Void) rethrows {
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try start()
    }

    /// Ends it as Ctrl-C does.
    func stop(keepingFiles: Bool) async throws {
        // Left behind, it only takes room.
        defer { if !keepingFiles { try? FileManager.default.removeItem(at: home) } }
        guard let run else { return }
        kill(run.processIdentifier, SIGINT)
        do {
            try await eventually("deploy/run ends after Ctrl-C", within: .seconds(90)) {
                run.isRunning ? nil : true
            }
        } catch {
            kill(run.processIdentifier, SIGKILL)
            throw error
        }
        #expect(try leftovers() == [], "deploy/run leaves processes behind")
    }

    /// Command lines of processes that name this suite's folder.
    private func leftovers() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.compactMap {
            number in
            // A process may end while it is looked at.
            guard let line = try? Data(contentsOf: URL(filePath: "/proc/\(number)/cmdline")) else {
                return nil
            }
            let text = String(decoding: line, as: UTF8.self).replacing("\0", with: " ")
            return text.contains(home.path()) ? text : nil
        }
    }

    /// Kills a part without a warning, as a crash does; deploy/run starts it anew.
    func crash(_ part: String) throws { try #require(kill(try process(of: part), SIGKILL) == 0) }

    /// Stops a part with all of its processes where they are, PostgreSQL's children too: nothing ends, and nothing goes on.
    func freeze(_ part: String) async throws {
        let process = try process(of: part)
        try #require(kill(process, SIGSTOP) == 0)
        try await eventually("\(part) stands still") { Self.stands(process) ? true : nil }
        // It makes no more of them now.
        for child in try Self.children(of: process) {
            kill(child, SIGSTOP)
            try await eventually("\(part)'s \(child) stands still") { Self.stands(child) ? true : nil }
        }
    }

    func thaw(_ part: String) throws {
        let process = try process(of: part)
        for child in try Self.children(of: process) { kill(child, SIGCONT) }
        try #require(kill(process, SIGCONT) == 0)
    }

    /// Whether every thread has stopped: until the signal has reached one, the others go on. What has ended stands still too.
    private static func stands(_ process: pid_t) -> Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return threads.allSatisfy { thread in
            guard let status = status("/proc/\(process)/task/\(thread)/stat") else { return true }
            return ["T", "Z", "X"].contains(status.state)
        }
    }

    private static func children(of process: pid_t) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter {
            status("/proc/\($0)/stat")?.parent == process
        }
    }

    private static func status(_ path: String) -> (state: String, parent: pid_t)? {
        // A process may end while it is looked at.
        guard let line = try? String(contentsOfFile: path, encoding: .utf8),
            let name = line.lastIndex(of: ")")
        else { return nil }
        let fields = line[name...].dropFirst().split(separator: " ")
        guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
        return (String(fields[0]), parent)
    }

    private func process(of part: String) throws -> pid_t {
        let text = try String(contentsOf: home.appending(path: "\(part).process"), encoding: .utf8)
        return try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// Asks Redis something, past all services.
    func redis(_ words: String...) async throws {
        let done = try await Tool.run("/usr/bin/redis-cli", ["-s", "\(try sockets)/redis.sock"] + words)
        try #require(done.status == 0)
    }

    /// The folder of PostgreSQL's and Redis' sockets.
    var sockets: String {
        get throws {
            let places = try String(contentsOf: home.appending(path: "places"), encoding: .utf8)
            let line = try #require(places.split(separator: "\n").first { $0.hasPrefix("sockets=") })
            return String(line.dropFirst("sockets=".count))
        }
    }
}

/// What deploy/run says, and who waits for a word of it.
private final class Output: Sendable {
    let pipe = Pipe()
    private struct State {
        var text = ""
        var ended = false
        var awaited: (word: String, waiting: CheckedContinuation<Bool, Never>)?
    }
    private let state = Mutex(State())

    init() {
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let bytes = handle.availableData
            if bytes.isEmpty { handle.readabilityHandler = nil }
            self?.hear(String(decoding: bytes, as: UTF8.self))
        }
    }

    var text: String { state.withLock { $0.text } }

    /// False when the output ended without it.
    func says(_ word: String) async -> Bool {
        await withCheckedContinuation { waiting in
            state.withLock { $0.awaited = (word, waiting) }
            hear(nil)
        }
    }

    private func hear(_ words: String?) {
        let (waiting, said) = state.withLock { state in
            if let words { state.text += words }
            if words?.isEmpty == true { state.ended = true }
            guard let awaited = state.awaited else {
                return (nil as CheckedContinuation<Bool, Never>?, false)
            }
            let said = state.text.contains(awaited.word)
            guard said || state.ended else { return (nil, false) }
            state.awaited = nil
            return (awaited.waiting, said)
        }
        waiting?.resume(returning: said)
    }
}
