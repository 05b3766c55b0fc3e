import Core
import Synchronization
package import Telemetry

/// Starts parts in order and stops in reverse what was started, each within its time.
package final class Lifetime: Sendable {
    private let parts: [Part]
    private let log: Log
    private let clock: Clock
    private let started = Mutex<[Part]>([])

    /// What a part gets when those before it have used the time up: enough to let go of what it holds.
    package static let grace = Duration.milliseconds(500)

    package convenience init(_ parts: [Part], log: Log) {
        self.init(parts, log: log, clock: .system)
    }

    init(_ parts: [Part], log: Log, clock: Clock) {
        precondition(Set(parts.map(\.name)).count == parts.count, "two parts bear one name")
        self.parts = parts
        self.log = log
        self.clock = clock
    }

    /// Gives what the parts announced. After a failure everything is down again, and the error names the part.
    package func start() async throws -> [String] {
        var announced: [String] = []
        for part in parts {
            let begin = clock.monotonic
            do {
                try Task.checkCancellation()
                let announcement = try await part.start()
                started.withLock { $0.append(part) }
                var event = LogEvent("part.started", .debug, ["part": .text(part.name)])
                event["ms"] = .milliseconds(clock.monotonic - begin)
                event["serves"] = announcement.map { .text($0) }
                log.write(event)
                if let announcement { announced.append(announcement) }
            } catch {
                _ = await stop(within: .seconds(5))
                throw StartFailure(part: part.name, reason: error)
            }
        }
        return announced
    }

    /// Gives the names of the parts that were not down in time and were left behind.
    package func stop(within limit: Duration) async -> [String] {
        let end = clock.monotonic + limit
        var late: [String] = []
        while let part = started.withLock({ $0.popLast() }) {
            let begin = clock.monotonic
            let left = max(end - begin, Self.grace)
            let isDown = await finishes(within: min(part.limit ?? left, left)) { await part.stop() }
            var event = LogEvent("part.stopped", isDown ? .debug : .warning, ["part": .text(part.name)])
            event["ms"] = .milliseconds(clock.monotonic - begin)
            if !isDown {
                event["outcome"] = "left behind"
                late.append(part.name)
            }
            log.write(event)
        }
        return late
    }
}
