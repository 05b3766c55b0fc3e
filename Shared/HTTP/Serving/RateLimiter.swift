package import Core
import Synchronization

/// Counts what somebody does against what they may do.
package protocol RateLimiter: Sendable {
    /// Counts one more for `key`. Returns nil while it is allowed, else the seconds until it is again.
    func exceeded(_ key: String, limit: Int, per window: Duration) async -> Int?
}

/// Counts within this process, in fixed windows: what serves while the shared counter is away.
package final class LocalRateLimiter: RateLimiter {
    private struct Window {
        var ends: MonotonicInstant
        var count: Int
    }

    private let clock: Clock
    private let windows = Mutex<[String: Window]>([:])

    /// Above this, windows that are over are thrown away before a new one is opened.
    private static let most = 100_000

    package init(clock: Clock = .system) {
        self.clock = clock
    }

    package func exceeded(_ key: String, limit: Int, per window: Duration) async -> Int? {
        let now = clock.monotonic
        return windows.withLock { windows in
            if windows.count >= Self.most { windows = windows.filter { $0.value.ends > now } }
            var current = windows[key] ?? Window(ends: now + window, count: 0)
            if current.ends <= now { current = Window(ends: now + window, count: 0) }
            current.count += 1
            windows[key] = current
            guard current.count > limit else { return nil }
            return max(1, Int((current.ends - now).wholeSeconds) + 1)
        }
    }
}
