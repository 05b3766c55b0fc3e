import Core
import Lifecycle
import Postgres
import Sockets
import Synchronization
import Telemetry

extension Host {
    /// Registers what nobody counts on its way: it is looked up when Prometheus asks.
    func registerFigures() {
        let ready = metrics.gauges(
            "voltbus_ready", "Whether the service has what it needs (1) or not (0).", labels: ["check"])
        let connections = metrics.gauges(
            "voltbus_database_connections",
            "Connections to PostgreSQL: those wanted, open, and held by a transaction.",
            labels: ["state"])
        let statements = metrics.gauges(
            "voltbus_database_statements",
            "Statements that wait for a connection, or for the server's answer.",
            labels: ["state"])
        let held = HeldState()
        metrics.counter(
            "voltbus_database_reconnections_total", "Connections to PostgreSQL that were lost and made anew."
        ) { Double(held.state.withLock { $0?.reconnections ?? 0 }) }
        beforeFigures { [database] in
            let state = await database.state
            held.state.withLock { $0 = state }
            connections.with("wanted").set(state.poolSize)
            connections.with("open").set(state.connections)
            connections.with("leased").set(state.leased)
            statements.with("waiting").set(state.waiting)
            statements.with("running").set(state.underWay)
        }
        beforeFigures { [readiness] in
            for check in readiness.checks { ready.with(check.name).set(await check.isFine() ? 1 : 0) }
        }
    }

    /// Measures how late each loop is: whoever blocks one keeps all of its connections waiting.
    var lagWatch: Part {
        let lag = metrics.histogram(
            "voltbus_event_loop_lag_seconds", "How late a deadline fired, asked twice a second on each loop.")
        let loops = loops.all
        let watches = HeldTasks()
        return Part(
            "loop lag",
            start: {
                let tasks = loops.map { loop in
                    Task(executorPreference: loop) {
                        while !Task.isCancelled {
                            let due = MonotonicInstant.now + .milliseconds(500)
                            // Cancelled: the loop ends.
                            do { try await loop.sleep(for: .milliseconds(500)) } catch { return }
                            lag.observe(max(.zero, .now - due))
                        }
                    }
                }
                watches.tasks.withLock { $0 = tasks }
                return nil
            },
            stop: {
                let tasks = watches.tasks.withLock { tasks in
                    defer { tasks = [] }
                    return tasks
                }
                for task in tasks { task.cancel() }
                for task in tasks { await task.value }
            })
    }

    /// The text of `/metrics`, with everything looked up that is looked up.
    func figures() async -> String {
        let looks = looksBeforeFigures.withLock { $0 }
        await withTaskGroup(of: Void.self) { group in
            for look in looks { group.addTask { await look() } }
        }
        return metrics.text()
    }

    /// Registers `look` to be run before figures are told: for those that cost a question. It has to come to an end within a
    /// second or two, and leaves a figure as it was when it gets no answer.
    package func beforeFigures(_ look: @escaping @Sendable () async -> Void) {
        looksBeforeFigures.withLock { $0.append(look) }
    }
}

private final class HeldState: Sendable {
    let state = Mutex<DatabaseState?>(nil)
}

private final class HeldTasks: Sendable {
    let tasks = Mutex<[Task<Void, Never>]>([])
}
