import Foundation
import TestSupport
import Testing

/// A PostgreSQL of one test's own, which may be stopped and killed.
final class PrivateServer: Sendable {
    @TaskLocal private static var bound: PrivateServer?

    static var current: PrivateServer {
        guard let bound else { preconditionFailure("The test lacks the trait .privateServer") }
        return bound
    }

    private let folder: URL
    private let programs: URL

    var url: String { "postgresql://postgres@/postgres?host=\(folder.path())&port=5432" }

    private init() async throws {
        let versions = URL(filePath: "/usr/lib/postgresql")
        let newest = try FileManager.default.contentsOfDirectory(atPath: versions.path())
            .max { Int($0) ?? 0 < Int($1) ?? 0 }
        programs = versions.appending(path: "\(try #require(newest))/bin")
        folder = URL(filePath: "/tmp/vb-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if getuid() == 0 { try await Self.run(["chown", "postgres:", folder.path()]) }
        try await run("initdb", "-U", "postgres", "-A", "trust", "--no-sync")
        try await control("start")
    }

    func control(_ verb: String, _ options: String...) async throws {
        let start = verb == "stop" ? [] : ["-o", "-c listen_addresses='' -c fsync=off -k \(folder.path())"]
        try await run("pg_ctl", ["-w", "-s", "-l", "\(folder.path())/log", verb] + options + start)
    }

    private func run(_ program: String, _ arguments: String...) async throws {
        try await run(program, arguments)
    }

    private func run(_ program: String, _ arguments: [String]) async throws {
        // PostgreSQL refuses to run as root.
        let user = getuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []
        try await Self.run(
            user + [programs.appending(path: program).path(), "-D", folder.appending(path: "data").path()]
                + arguments)
    }

    /// Not Foundation's `Process`: that waits until the descriptors are closed which a server goes on holding.
    private static func run(_ words: [String]) async throws {
        let status: Int32 = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: wait(for: words)) }
        }
        try #require(status == 0, "\(words.joined(separator: " "))")
    }

    private static func wait(for words: [String]) -> Int32 {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        for descriptor in 0...2 as ClosedRange<Int32> {
            posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0)
        }
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        guard posix_spawnp(&process, words[0], &files, nil, &arguments, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }

    fileprivate static func provide(_ body: @Sendable () async throws -> Void) async throws {
        let server = try await PrivateServer()
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await $bound.withValue(server) { try await body() }) } catch {
            outcome = .failure(error)
        }
        // It may be stopped already; what counts is that nothing is left.
        try? await server.control("stop", "-m", "immediate")
        try FileManager.default.removeItem(at: server.folder)
        try outcome.get()
    }
}

struct PrivateServerTrait: TestTrait, TestScoping {
    /// The same machines that have a scratch cluster have the programs.
    func prepare(for test: Test) async throws {
        try await ConditionTrait.enabled(
            if: ProcessInfo.processInfo.environment["TEST_DATABASE_URL"] != nil,
            "TEST_DATABASE_URL names no PostgreSQL; deploy/test starts one"
        ).prepare(for: test)
    }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await PrivateServer.provide(function)
    }
}

extension Trait where Self == PrivateServerTrait {
    static var privateServer: Self { Self() }
}
