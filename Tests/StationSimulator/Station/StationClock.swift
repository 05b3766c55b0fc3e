package import Core
package import FoundationEssentials

/// A station's own idea of the time: it may run fast, stand still until it is told, or simply be wrong.
package struct StationClock: Sendable {
    package enum Pace: Equatable, Sendable {
        /// Runs by itself, so many times faster than the world.
        case running(speed: Double)
        /// Moves only by `advance`: a night's charge passes in no time.
        case byHand
    }

    package let pace: Pace
    private let world: Clock
    private let start: Date
    private let startInstant: MonotonicInstant
    private var advanced: TimeInterval = 0
    /// How far it is wrong, in seconds.
    package var error: TimeInterval = 0

    package init(_ pace: Pace, world: Clock = .system, start: Date? = nil) {
        self.pace = pace
        self.world = world
        self.start = start ?? world.now
        startInstant = world.monotonic
    }

    package var now: Date {
        switch pace {
        case .running(let speed):
            let passed = Double((world.monotonic - startInstant).wholeNanoseconds) / 1e9
            return start + passed * speed + advanced + error
        case .byHand: return start + advanced + error
        }
    }

    package mutating func advance(by duration: Duration) {
        advanced += Double(duration.wholeNanoseconds) / 1e9
    }

    /// How long the world waits while the station waits for `duration`; nil when it waits for ever.
    package func worldTime(for duration: Duration) -> Duration? {
        switch pace {
        case .running(let speed): duration / speed
        case .byHand: nil
        }
    }
}
