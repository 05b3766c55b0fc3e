import Core
import FoundationEssentials
import Synchronization

/// Notices when very many stations boot at once, so that their heartbeats do not come at once for ever after.
final class Storm: Sendable {
    private struct Window {
        var begin = Date.distantPast
        var boots = 0
    }

    private let clock: Clock
    private let window = Mutex(Window())

    private static let length: TimeInterval = 10
    private static let isMany = 100

    init(clock: Clock) {
        self.clock = clock
    }

    /// The interval itself in quiet times, else one that is up to a tenth shorter or longer.
    func spread(_ seconds: Int) -> Int {
        let now = clock.now
        let boots = window.withLock { window in
            if now.timeIntervalSince(window.begin) > Self.length { window = Window(begin: now) }
            window.boots += 1
            return window.boots
        }
        guard boots > Self.isMany else { return seconds }
        return seconds + Int.random(in: -(seconds / 10)...(seconds / 10))
    }
}
