import Core
import Lifecycle
import Synchronization
import Telemetry
import Testing

private struct Broken: Error {}

/// Parts that write down when they start and stop.
private final class Diary: Sendable {
    private let entries = Mutex<[String]>([])

    var all: [String] { entries.withLock { $0 } }

    func part(_ name: String) -> Part {
        Part(name) {
            self.note("+\(name)")
            return "at \(name)"
        } stop: {
            self.note("-\(name)")
        }
    }

    func note(_ entry: String) {
        entries.withLock { $0.append(entry) }
    }
}

private struct Silent: LogOutput {
    func take(_ line: [UInt8]) {}
}

@Suite struct `A lifetime` {
    private let diary = Diary()
    private let log = Log(service: "test", output: Silent())

    @Test func `starts in order and stops in reverse`() async throws {
        let lifetime = Lifetime(["database", "bus", "http"].map(diary.part), log: log)

        #expect(try await lifetime.start() == ["at database", "at bus", "at http"])
        #expect(await lifetime.stop(within: .seconds(60)) == [])

        #expect(diary.all == ["+database", "+bus", "+http", "-http", "-bus", "-database"])
    }

    @Test func `takes down what was up when a part does not start`() async {
        let broken = Part("bus") { throw Broken() }
        let lifetime = Lifetime([diary.part("database"), broken, diary.part("http")], log: log)

        let failure = await #expect(throws: StartFailure.self) { try await lifetime.start() }

        #expect(failure?.description == "bus does not start: Broken()")
        #expect(diary.all == ["+database", "-database"])
    }

    @Test func `leaves behind a part that will not stop and goes on`() async throws {
        let never = Part(
            "stuck", stopsWithin: .milliseconds(20),
            stop: { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } })
        let lifetime = Lifetime([diary.part("database"), never, diary.part("http")], log: log)
        _ = try await lifetime.start()

        #expect(await lifetime.stop(within: .seconds(60)) == ["stuck"])
        #expect(diary.all == ["+database", "+http", "-http", "-database"])
    }

    @Test func `stops once`() async throws {
        let lifetime = Lifetime([diary.part("database")], log: log)
        _ = try await lifetime.start()

        _ = await lifetime.stop(within: .seconds(60))
        _ = await lifetime.stop(within: .seconds(60))

        #expect(diary.all == ["+database", "-database"])
    }
}

@Suite struct `Readiness of a process` {
    private let readiness = Readiness()

    private func answers() async -> [String: Bool] {
        var answers: [String: Bool] = [:]
        for check in readiness.checks { answers[check.name] = await check.isFine() }
        return answers
    }

    @Test func `begins with serving and ends with draining`() async {
        readiness.add("database", within: .seconds(60)) { true }
        readiness.add("redis", within: .seconds(60)) { false }

        #expect(await answers() == ["database": false, "redis": false])
        readiness.enter(.serving)
        #expect(await answers() == ["database": true, "redis": false])
        readiness.enter(.draining)
        #expect(await answers() == ["database": false, "redis": false])
    }

    @Test func `does not wait for a check that gives no answer`() async {
        readiness.add("stuck", within: .milliseconds(20)) {
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            return true
        }
        readiness.enter(.serving)

        #expect(await answers() == ["stuck": false])
    }
}
