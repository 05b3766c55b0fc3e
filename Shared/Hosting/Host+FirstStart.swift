import Core
package import Lifecycle
import Synchronization
import Telemetry

extension Host {
    /// A part that makes what must be there before anybody is served, such as the administrator. Goes on trying until the
    /// database lets it; meanwhile the process is alive but not ready.
    package func firstStart(_ work: @escaping @Sendable () async throws -> Void) -> Part {
        awaited.count.withLock { $0 += 1 }
        return task("first start") { [self] in
            while !Task.isCancelled {
                do {
                    try await work()
                    awaited.count.withLock { $0 -= 1 }
                    return
                } catch {
                    log.warning("first_start.waits", ["error": .text("\(error)")])
                    // Cancelled: the loop ends.
                    try? await sleep(for: .seconds(2))
                }
            }
        }
    }
}

/// What has to be done before the process may call its database ready.
final class AwaitedStarts: Sendable {
    let count = Mutex(0)

    var areDone: Bool { count.withLock { $0 == 0 } }
}
