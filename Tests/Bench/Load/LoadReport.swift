import Foundation

/// What a run showed, for people and for programs.
struct LoadReport: Codable {
    struct Watched: Codable {
        var name: String
        var processes: Int
        /// In a million of the run's messages.
        var cpuSecondsPerMillion: Double?
        /// Of one core.
        var cpuPercent: Double
        var memoryMiB: Double
        var bytesPerConnection: Int
    }

    var kind: String
    var url: String
    var stations: Int
    var connected: Int
    var connectSeconds: Double
    var seconds: Double
    var rate: Int?
    var messages: Int
    var messageBytes: Int
    var messagesPerSecond: Double
    var p50: Double
    var p99: Double
    var p999: Double
    var longest: Double
    var failures: [String: Int]
    var watched: [Watched]

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var text: String {
        var lines = [
            "\(kind) at \(url), \(connected) of \(stations) stations, connected in \(Self.short(connectSeconds)) s"
        ]
        if messages > 0 {
            lines += [
                "\(rate.map { "\($0) messages/s wanted" } ?? "each as fast as it is answered"), \(Self.short(seconds)) s, \(messageBytes) bytes",
                "",
                "messages/s   \(Self.short(messagesPerSecond))",
                "latency ms   p50 \(Self.short(p50))   p99 \(Self.short(p99))   p99.9 \(Self.short(p999))   max \(Self.short(longest))",
            ]
        }
        lines.append("errors       \(failures.values.reduce(0, +))")
        for (what, times) in failures.sorted(by: { $0.value > $1.value }).prefix(5) {
            lines.append("             \(times) × \(what)")
        }
        lines += ["", Self.row("", "CPU s/million", "CPU %", "MiB", "bytes/connection")]
        lines += watched.map {
            Self.row(
                $0.processes > 1 ? "\($0.name) (\($0.processes))" : $0.name,
                $0.cpuSecondsPerMillion.map(Self.short) ?? "–", Self.short($0.cpuPercent),
                Self.short($0.memoryMiB), "\($0.bytesPerConnection)")
        }
        return lines.joined(separator: "\n")
    }

    private static func row(_ cells: String...) -> String {
        cells[0].padding(toLength: 18, withPad: " ", startingAt: 0)
            + cells.dropFirst().map { String(repeating: " ", count: max(1, 17 - $0.count)) + $0 }.joined()
    }

    private static func short(_ number: Double) -> String {
        String(format: number >= 1_000 ? "%.0f" : number >= 10 ? "%.1f" : "%.2f", number)
    }
}
