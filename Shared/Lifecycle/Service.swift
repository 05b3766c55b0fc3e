import Core
import Dispatch
import Glibc
import Synchronization
import Telemetry

/// One run of a service, from its assembly to the last part's stop.
final class Service: Sendable {
    enum Ending: Equatable, Sendable {
        case done
        /// Parts had to be left behind.
        case late
        case failed(String)
    }

    private enum Step: Sendable {
        case serving(Assembly, Lifetime)
        case failed(String)
        case asked(String)
    }

    private let launch: Launch
    private let assemble: @Sendable (Launch) async throws -> Assembly
    private let stop = StopRequest()
    private let assembly = Mutex<Assembly?>(nil)

    init(launch: Launch, assemble: @escaping @Sendable (Launch) async throws -> Assembly) {
        self.launch = launch
        self.assemble = assemble
    }

    @Sendable func hear(_ heard: Signals.Heard) {
        switch heard {
        case .stop(let reason): stop.make(reason)
        case .hangup:
            let assembly = assembly.withLock { $0 }
            assembly?.log.info("program.hangup")
            assembly?.hangup()
        }
    }

    func run() async -> Ending {
        switch await startUnlessAsked() {
        case .failed(let reason): return .failed(reason)
        case .asked(let reason): return .failed("\(reason) during the start")
        case .serving(let assembly, let lifetime):
            let reason = await stop.wait() ?? "cancelled"
            launch.readiness.enter(.draining)
            assembly.log.info("program.stopping", ["reason": .text(reason)])
            let late = await lifetime.stop(within: assembly.drain)
            assembly.log.info(
                "program.stopped", ["in_order": .flag(late.isEmpty), "left_behind": .count(late.count)])
            assembly.log.flush(within: .seconds(2))
            return late.isEmpty ? .done : .late
        }
    }

    /// A request to stop must not wait for a database that does not answer.
    private func startUnlessAsked() async -> Step {
        await withTaskGroup(of: Step.self) { group in
            group.addTask { await self.start() }
            group.addTask { .asked(await self.stop.wait() ?? "cancelled") }
            let first = await group.next() ?? .failed("nothing was started")
            group.cancelAll()
            guard case .asked = first, case .serving(_, let lifetime) = await group.next() else {
                return first
            }
            // It was up in the very moment in which it was asked to go.
            _ = await lifetime.stop(within: .seconds(5))
            return first
        }
    }

    private func start() async -> Step {
        let clock = Clock.system
        let begin = clock.monotonic
        do {
            let assembly = try await assemble(launch)
            self.assembly.withLock { $0 = assembly }
            assembly.log.info(
                "program.starting",
                [
                    "version": .text(Program.version), "pid": .count(getpid()),
                    "parts": .count(assembly.parts.count),
                ])
            let lifetime = Lifetime(assembly.parts, log: assembly.log)
            let announced = try await lifetime.start()
            launch.readiness.enter(.serving)
            assembly.log.info(
                "program.serving",
                [
                    "version": .text(Program.version), "serves": .text(announced.joined(separator: " ")),
                    "ms": .milliseconds(clock.monotonic - begin),
                ])
            return .serving(assembly, lifetime)
        } catch {
            assembly.withLock { $0 }?.log.flush(within: .seconds(1))
            return .failed(String(describing: error))
        }
    }
}
