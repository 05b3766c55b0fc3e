import Core
import Dispatch
import FoundationEssentials
import Glibc
package import Telemetry

/// What a program finds when it is started.
package struct Launch: Sendable {
    package let name: String
    package let arguments: [String]
    package let environment: [String: String]
    package let readiness: Readiness
}

/// What a service is made of, once its settings are read.
package struct Assembly: Sendable {
    package var log: Log
    /// SHUTDOWN_SECONDS: how long the stop may take in all.
    package var drain: Duration
    package var parts: [Part]
    /// SIGHUP, which is only noted where nobody asks for more.
    package var hangup: @Sendable () -> Void

    package init(
        log: Log, drain: Duration = .seconds(20), parts: [Part], hangup: @escaping @Sendable () -> Void = {}
    ) {
        self.log = log
        self.drain = drain
        self.parts = parts
        self.hangup = hangup
    }
}

/// The frame around every executable: signals, `--help`, start, drain, and an exit that says why.
///
///     @main enum BillingMain {
///         static func main() async {
///             await Program.serve("billing", help: BillingSettings.catalogue.helpText) { launch in
///                 let settings = try BillingSettings(environment: launch.environment)
///                 return try Billing.assemble(settings, launch.readiness)
///             }
///         }
///     }
package enum Program {
    package static let version = "1.0.0"

    /// What an exit means to a supervisor.
    enum Exit: Int32 {
        case done = 0
        case failed = 1
        /// EX_USAGE.
        case usage = 64
        /// Everything is down, but not everything in order.
        case lateStop = 70
    }

    /// A program that serves until it is asked to stop. What `assemble` throws is printed whole.
    package static func serve(
        _ name: String, about: String = "", help: @autoclosure () -> String = "",
        assemble: @escaping @Sendable (Launch) async throws -> Assembly
    ) async -> Never {
        let launch = launch(name, about: about, help: help, takesArguments: false)
        let service = Service(launch: launch, assemble: assemble)
        Signals.install(service.hear)
        await finish(service.run(), name)
    }

    /// A program that does one thing and ends: `migrate`, the simulator. The first signal cancels it.
    package static func perform(
        _ name: String, about: String = "", help: @autoclosure () -> String = "",
        work: @escaping @Sendable (Launch) async throws -> Void
    ) async -> Never {
        let launch = launch(name, about: about, help: help, takesArguments: true)
        let stop = StopRequest()
        Signals.install { heard in
            if case .stop(let reason) = heard { stop.make(reason) }
        }
        let failure = await withTaskGroup(of: (any Error)?.self) { group in
            group.addTask {
                do {
                    try await work(launch)
                    stop.make("done")
                    return nil
                } catch {
                    stop.make("failed")
                    return error
                }
            }
            _ = await stop.wait()
            group.cancelAll()
            return await group.next() ?? nil
        }
        await finish(failure.map { .failed(String(describing: $0)) } ?? .done, name)
    }

    private static func finish(_ ending: Service.Ending, _ name: String) async -> Never {
        switch ending {
        case .done: exit(Exit.done.rawValue)
        case .late: exit(Exit.lateStop.rawValue)
        case .failed(let reason):
            complain("\(name) \(version) stops: \(reason)")
            exit(Exit.failed.rawValue)
        }
    }

    private static func launch(
        _ name: String, about: String, help: () -> String, takesArguments: Bool
    ) -> Launch {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.contains("--version") {
            print("\(name) \(version)")
            exit(Exit.done.rawValue)
        }
        if arguments.contains("--help") || arguments.contains("-h") {
            print(
                [["\(name) \(version)", about].filter { !$0.isEmpty }.joined(separator: ": "), help()].joined(
                    separator: "\n"))
            exit(Exit.done.rawValue)
        }
        if !takesArguments, let first = arguments.first {
            complain(
                "\(name) takes its settings from the environment and knows no argument \(first); see --help")
            exit(Exit.usage.rawValue)
        }
        return Launch(
            name: name, arguments: arguments, environment: ProcessInfo.processInfo.environment,
            readiness: Readiness())
    }

    private static func complain(_ text: String) {
        DescriptorOutput.standardError.take(Array("\(text)\n".utf8))
        DescriptorOutput.standardError.flush(within: .seconds(1))
    }
}
