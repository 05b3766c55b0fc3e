import Bus
import Contracts
import Core
import FoundationEssentials
import Sockets
import Synchronization
import Telemetry
import TestSupport

/// A log that nobody reads: these tests make things fail on purpose.
struct Quiet: LogOutput {
    func take(_ line: [UInt8]) {}
}

enum Surroundings {
    static func log(_ service: Service) -> Log { Log(service: service.rawValue, output: Quiet()) }

    /// One process of a service, on the Redis of the test.
    static func bus(
        as service: Service, clock: Clock = .system, metrics: Metrics? = nil
    ) -> Bus {
        Bus(
            FreshRedis.current.client(), as: service, clock: clock, log: log(service),
            metrics: metrics ?? Metrics(service: service.rawValue))
    }

    static func point(_ name: String) throws -> ChargePointID {
        guard let point = ChargePointID(name) else { throw OutsideLimits("\(name) names no charge point") }
        return point
    }
}

/// What handlers saw, in their order.
final class Noted<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func add(_ value: Value) { values.withLock { $0.append(value) } }
    var all: [Value] { values.withLock { $0 } }
    var count: Int { values.withLock { $0.count } }
}

/// Something that one task waits for and another brings about; it stays so once it is.
final class Signal: Sendable {
    private let state = Mutex<(isSet: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func set() {
        let waiting = state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Not ended by cancellation.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isSet = state.withLock { state in
                if !state.isSet { state.waiting.append(continuation) }
                return state.isSet
            }
            if isSet { continuation.resume() }
        }
    }
}

/// What goes on beside a test until it is cancelled.
struct Background: Sendable {
    let run: @Sendable () async -> Void

    init(_ run: @escaping @Sendable () async -> Void) {
        self.run = run
    }
}

/// Has `works` going on while `body` runs, and ends them whatever comes of it.
func during<Value: Sendable>(
    _ works: [Background], on loop: EventLoop, _ body: () async throws -> Value
) async throws -> Value {
    let tasks = works.map { work in Task(executorPreference: loop) { await work.run() } }
    let outcome: Result<Value, any Error>
    do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
    return try outcome.get()
}
