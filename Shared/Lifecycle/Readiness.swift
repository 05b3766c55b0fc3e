import Synchronization

/// Whether a process should get work: it has started, is not draining, and everything it needs answers.
package final class Readiness: Sendable {
    package enum Phase: String, Sendable {
        case starting, serving, draining
    }

    /// One thing that the service cannot do without.
    package struct Check: Sendable {
        package let name: String
        /// False as well while the process starts or drains, and when the question is not answered in time.
        package let isFine: @Sendable () async -> Bool
    }

    private struct State {
        var phase = Phase.starting
        var checks: [Check] = []
    }

    private let state = Mutex(State())

    /// A probe asks every few seconds; an answer later than this is as good as none.
    package static let patience = Duration.seconds(2)

    package init() {}

    package var phase: Phase { state.withLock { $0.phase } }

    package func enter(_ phase: Phase) {
        state.withLock { $0.phase = phase }
    }

    package func add(
        _ name: String, within patience: Duration = Readiness.patience,
        isFine: @escaping @Sendable () async -> Bool
    ) {
        let check = Check(name: name) { [weak self] in
            guard self?.phase == .serving else { return false }
            return await value(within: patience, isFine) ?? false
        }
        state.withLock { state in
            precondition(!state.checks.contains { $0.name == name }, "\(name) is checked twice")
            state.checks.append(check)
        }
    }

    /// For the route `/ready`, in the order in which they were added.
    package var checks: [Check] { state.withLock { $0.checks } }
}
