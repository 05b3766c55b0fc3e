import Core
import Foundation
import Sockets
import StationSimulator

/// `bench heartbeat|status|meter|mix|idle`: many stations, and what they cost.
enum LoadMode {
    static func run(_ kind: LoadOptions.Kind, _ arguments: ArraySlice<String>) async throws {
        let options = try LoadOptions(kind, arguments)
        let central = try await CentralSystem.at(options.url, password: options.password)
        let loop = try EventLoops(count: 1, name: "load").next()
        let report = try await Task(executorPreference: loop) {
            try await measure(options, central, on: loop)
        }.value
        print(options.isJSON ? try report.json : report.text)
        exit(report.connected == options.stations && report.failures.isEmpty ? 0 : 1)
    }

    private static func measure(
        _ options: LoadOptions, _ central: CentralSystem, on loop: EventLoop
    ) async throws -> LoadReport {
        let watched = [("bench", ProcessFigures(word: "\(getpid())"))] + options.watched.map { ($0.word, $0) }
        let memoryBefore = watched.map(\.1.residentBytes)
        let crowd = Crowd(options, central, on: loop)
        let began = MonotonicInstant.now
        await crowd.arrive()
        let connectSeconds = seconds(since: began)
        let arrivals = crowd.failures
        if options.kind != .idle { crowd.beginTalking() }
        try await loop.sleep(for: .seconds(options.warmup))

        crowd.resetFigures()
        let start = MonotonicInstant.now
        let cpuBefore = watched.map(\.1.cpuSeconds)
        try await loop.sleep(for: .seconds(options.seconds))
        let latencies = crowd.latencies
        let passed = seconds(since: start)
        let cpu = zip(watched, cpuBefore).map { $0.1.cpuSeconds - $1 }
        let memory = watched.map(\.1.residentBytes)
        let connected = crowd.connected

        await crowd.endTalking()
        let failures = crowd.failures.merging(arrivals, uniquingKeysWith: +)
        await crowd.leave()
        return LoadReport(
            kind: options.kind.rawValue, url: options.url, stations: options.stations, connected: connected,
            connectSeconds: connectSeconds, seconds: passed, rate: options.rate, messages: latencies.count,
            messageBytes: crowd.messageBytes, messagesPerSecond: Double(latencies.count) / passed,
            p50: latencies.percentile(50), p99: latencies.percentile(99), p999: latencies.percentile(99.9),
            longest: latencies.longestMilliseconds, failures: failures,
            watched: watched.indices.map { index in
                LoadReport.Watched(
                    name: watched[index].0, processes: watched[index].1.count,
                    cpuSecondsPerMillion: latencies.count == 0
                        ? nil : cpu[index] / Double(latencies.count) * 1_000_000,
                    cpuPercent: cpu[index] / passed * 100, memoryMiB: Double(memory[index]) / 1_048_576,
                    bytesPerConnection: (memory[index] - memoryBefore[index]) / max(1, connected))
            })
    }

    private static func seconds(since instant: MonotonicInstant) -> Double {
        Double((MonotonicInstant.now - instant).wholeNanoseconds) / 1e9
    }
}
