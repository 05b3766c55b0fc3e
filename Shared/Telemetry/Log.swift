package import Core

/// Where a process tells what it does: one event, one line. Callers never wait for the reader of the log.
package final class Log: Sendable {
    package let level: LogLevel
    private let line: LogLine
    private let clock: Clock
    private let output: any LogOutput

    package init(
        service: String, level: LogLevel = .info, format: LogFormat = .json, clock: Clock = .system,
        output: any LogOutput = DescriptorOutput.standardError
    ) {
        self.level = level
        line = LogLine(service: service, format: format)
        self.clock = clock
        self.output = output
    }

    /// Ask before building an event that is rarely wanted.
    package func writes(_ level: LogLevel) -> Bool { level >= self.level }

    package func write(_ event: LogEvent) {
        guard writes(event.level) else { return }
        let lost = output.takeLost()
        if lost > 0 {
            let notice = LogEvent("log.lines_lost", .warning, ["lost": .count(lost)])
            output.take(line.bytes(of: notice, at: clock.now))
        }
        output.take(line.bytes(of: event, at: clock.now))
    }

    package func trace(_ name: String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        tell(name, .trace, fields)
    }

    package func debug(_ name: String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        tell(name, .debug, fields)
    }

    package func info(_ name: String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        tell(name, .info, fields)
    }

    package func warning(_ name: String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        tell(name, .warning, fields)
    }

    package func error(_ name: String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        tell(name, .error, fields)
    }

    private func tell(_ name: String, _ level: LogLevel, _ fields: () -> KeyValuePairs<String, LogValue>) {
        guard writes(level) else { return }
        write(LogEvent(name, level, fields()))
    }

    /// Waits until everything is written or the time is over. Blocks: for the end of a process only.
    package func flush(within limit: Duration) {
        output.flush(within: limit)
    }
}

/// Takes finished lines; must never make the caller wait.
package protocol LogOutput: Sendable {
    func take(_ line: [UInt8])
    /// How many lines were lost since the question was last asked.
    func takeLost() -> Int
    func flush(within limit: Duration)
}

extension LogOutput {
    package func takeLost() -> Int { 0 }
    package func flush(within limit: Duration) {}
}
