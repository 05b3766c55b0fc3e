import Core
import FoundationEssentials
import Glibc
import Synchronization
import Telemetry
import TestSupport
import Testing

/// Keeps lines instead of writing them.
private final class Kept: LogOutput {
    private let kept = Mutex<[String]>([])
    private let lost = Mutex(0)

    func take(_ line: [UInt8]) {
        kept.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }

    func takeLost() -> Int {
        lost.withLock { lost in
            defer { lost = 0 }
            return lost
        }
    }

    func lose(_ count: Int) {
        lost.withLock { $0 += count }
    }

    var lines: [String] { kept.withLock { $0 } }
}

@Suite struct `A log` {
    private let kept = Kept()
    private let clock = ManualClock()

    private func log(_ format: LogFormat = .json, _ level: LogLevel = .info) -> Log {
        Log(service: "billing", level: level, format: format, clock: clock.clock, output: kept)
    }

    @Test func `writes an event as one line of JSON`() {
        var event = LogEvent("http.request", .info, ["route": "/users/:id", "status": 200])
        event["ms"] = .milliseconds(.microseconds(1_250))
        event["replayed"] = true
        event["status"] = 204
        log().write(event)

        #expect(
            kept.lines == [
                #"{"time":"2026-11-20T10:30:00.000Z","level":"info","event":"http.request","service":"billing","#
                    + #""route":"/users/:id","status":204,"ms":1.25,"replayed":true}"# + "\n"
            ])
    }

    @Test func `writes the same for eyes`() {
        clock.advance(by: .milliseconds(7))
        log(.text).warning("payment.failed", ["reason": "card \"x\" = bad", "order": 7])

        #expect(
            kept.lines == [
                "2026-11-20T10:30:00.007Z WARN  billing payment.failed "
                    + #"reason="card \"x\" = bad" order=7"# + "\n"
            ])
    }

    @Test(arguments: LogFormat.allCases) func `stays one line whatever a value holds`(format: LogFormat) {
        let nasty = "a\nb\r\u{1B}[31m\u{85}\u{2028}\u{202E}\u{7F}\" level=error x=\\"
        log(format).info("x", ["v": .text(nasty)])

        let line = kept.lines.first ?? ""
        #expect(line.unicodeScalars.count { $0.properties.generalCategory == .control } == 1)
        #expect(line.hasSuffix("\n"))
        #expect(!line.unicodeScalars.contains { [0x2028, 0x202E].contains($0.value) })
    }

    @Test func `reads back as what was written`() throws {
        log().info("x", ["v": "a\n\"ž\" \\ \u{1F600}"])

        let value = try JSONReader.decode(JSONValue.self, from: Array((kept.lines.first ?? "").utf8))
        #expect(value["v"] == "a\n\"ž\" \\ \u{1F600}")
    }

    @Test func `cuts what is too long and leaves out what is too much`() {
        var event = LogEvent("x")
        event["long"] = .text(String(repeating: "é", count: 5_000))
        for number in 0..<100 { event["f\(number)"] = 1 }
        log().write(event)

        #expect(event.fields.count == LogEvent.mostFields)
        #expect((kept.lines.first?.utf8.count ?? 0) < 3_000)
    }

    @Test func `writes nothing below its level and does not even ask for the fields`() {
        let log = log(.json, .warning)
        var wasAsked = false
        func fields() -> KeyValuePairs<String, LogValue> {
            wasAsked = true
            return [:]
        }

        log.info("quiet", fields())
        log.error("loud")

        #expect(!wasAsked)
        #expect(kept.lines.count == 1)
        #expect(log.writes(.error) && !log.writes(.debug))
    }

    @Test func `tells how many lines were lost before it goes on`() {
        kept.lose(3)
        log().info("x")
        log().info("y")

        #expect(kept.lines.map { $0.contains("log.lines_lost") } == [true, false, false])
        #expect(kept.lines[0].contains(#""lost":3"#))
    }

    @Test func `notes a failure as an error`() {
        var event = LogEvent("job")
        event.fail(OutsideLimits("too long"))

        #expect(event.level == .error)
        #expect(event["error"] != nil)
    }
}

@Suite struct `A log's descriptor` {
    /// A pipe whose ends close with it.
    private final class Pipe: Sendable {
        let ends: [Int32]

        init() {
            var ends: [Int32] = [0, 0]
            precondition(pipe(&ends) == 0)
            self.ends = ends
        }

        deinit {
            for end in ends { close(end) }
        }

        /// Blocks until that much was read.
        func read(_ count: Int) -> String {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while bytes.count < count {
                let got = Glibc.read(ends[0], &buffer, min(buffer.count, count - bytes.count))
                guard got > 0 else { break }
                bytes += buffer.prefix(got)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test func `receives whole lines in their order`() {
        let pipe = Pipe()
        let output = DescriptorOutput(descriptor: pipe.ends[1])
        let lines = (0..<500).map { "line \($0)\n" }

        for line in lines { output.take(Array(line.utf8)) }
        output.flush(within: .seconds(5))

        #expect(pipe.read(lines.joined().utf8.count) == lines.joined())
        #expect(output.takeLost() == 0)
    }

    @Test func `that nobody reads costs lines and never the writer's time`() {
        let pipe = Pipe()
        let output = DescriptorOutput(descriptor: pipe.ends[1], capacity: 100_000)
        let line = [UInt8](repeating: 97, count: 999) + [10]

        for _ in 0..<1_000 { output.take(line) }
        let lost = output.takeLost()
        let kept = pipe.read((1_000 - lost) * 1_000)

        #expect(lost > 500)
        #expect(kept.utf8.count == (1_000 - lost) * 1_000)
        output.flush(within: .seconds(5))
    }
}
