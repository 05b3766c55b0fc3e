package import FoundationEssentials

/// Where every part of the suite reads the time, so that a test can hold it still.
package struct Clock: Sendable {
    private let readDate: @Sendable () -> Date
    private let readInstant: @Sendable () -> MonotonicInstant

    package init(
        now: @escaping @Sendable () -> Date,
        monotonic: @escaping @Sendable () -> MonotonicInstant
    ) {
        readDate = now
        readInstant = monotonic
    }

    package static let system = Clock(now: { Date() }, monotonic: { MonotonicInstant.now })

    /// What the calendar on the wall says, in whole microseconds, so that it is the same when it comes back from the
    /// database; may jump.
    package var now: Date { readDate().wholeMicroseconds }

    /// For measuring and for deadlines; never jumps.
    package var monotonic: MonotonicInstant { readInstant() }
}
