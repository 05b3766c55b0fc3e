/// A moment on the machine's steady clock, for deadlines and durations: nothing that sets the wall clock moves it.
///
/// Counts the nanoseconds of CLOCK_MONOTONIC, so that a value read from the kernel may be compared with it.
package struct MonotonicInstant: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    @inlinable package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static var now: MonotonicInstant {
        // SuspendingClock is CLOCK_MONOTONIC on Linux; ContinuousClock is CLOCK_BOOTTIME.
        let clock = SuspendingClock()
        return MonotonicInstant(nanoseconds: clock.systemEpoch.duration(to: clock.now).wholeNanoseconds)
    }

    @inlinable package static func < (left: Self, right: Self) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    package static func + (instant: Self, duration: Duration) -> Self {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return Self(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    package static func - (instant: Self, duration: Duration) -> Self {
        let (difference, overflow) = instant.nanoseconds.subtractingReportingOverflow(
            duration.wholeNanoseconds)
        return Self(nanoseconds: overflow ? (duration < .zero ? .max : .min) : difference)
    }

    package static func - (later: Self, earlier: Self) -> Duration {
        .nanoseconds(later.nanoseconds &- earlier.nanoseconds)
    }

    package static func += (instant: inout Self, duration: Duration) {
        instant = instant + duration
    }
}

extension Duration {
    /// The duration in nanoseconds, what is finer cut off; clamped to what 64 bits hold (292 years).
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }

    /// The duration in milliseconds, what is finer cut off: the unit of log lines and of epoll.
    package var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }

    /// The duration in whole seconds, what is finer cut off: the unit of `Retry-After` and of most settings.
    package var wholeSeconds: Int64 { components.seconds }
}
