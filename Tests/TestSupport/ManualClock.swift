package import Core
package import FoundationEssentials
import Synchronization

/// A clock that moves only when a test says so; both of its hands move together.
package final class ManualClock: Sendable {
    private struct Hands {
        var now: Date
        var monotonic = MonotonicInstant(nanoseconds: 0)
    }

    private let hands: Mutex<Hands>

    /// Starts at 2026-11-20T10:30:00Z unless told otherwise.
    package init(_ start: Date = Date(timeIntervalSince1970: 1_795_170_600)) {
        hands = Mutex(Hands(now: start))
    }

    package var clock: Clock {
        Clock(now: { self.now }, monotonic: { self.monotonic })
    }

    package var now: Date { hands.withLock { $0.now } }

    package var monotonic: MonotonicInstant { hands.withLock { $0.monotonic } }

    package func advance(by duration: Duration) {
        hands.withLock {
            $0.now += Double(duration.wholeNanoseconds) / 1e9
            $0.monotonic += duration
        }
    }

    /// Sets the wall clock alone, as an administrator or NTP does; the steady clock goes on as it was.
    package func set(to date: Date) {
        hands.withLock { $0.now = date }
    }
}
