import Core

/// How many messages a station may send: a burst, and then so many a second. Who sends more is read more slowly, and
/// never loses anything.
struct TokenBucket: Equatable {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var filledAt: MonotonicInstant

    /// - Parameter perSecond: 0 sets no limit.
    init(perSecond: Int, burst: Int, at now: MonotonicInstant) {
        self.perSecond = Double(perSecond)
        self.burst = Double(burst)
        tokens = Double(burst)
        filledAt = now
    }

    /// Takes one; answers how long to wait before the next.
    mutating func take(at now: MonotonicInstant) -> Duration {
        guard perSecond > 0 else { return .zero }
        fill(now)
        tokens -= 1
        return debt
    }

    /// Takes several, for what counts more than one.
    mutating func take(_ count: Int, at now: MonotonicInstant) {
        guard perSecond > 0 else { return }
        fill(now)
        tokens -= Double(count)
    }

    func isFull(at now: MonotonicInstant) -> Bool {
        var filled = self
        filled.fill(now)
        return filled.tokens >= burst
    }

    mutating func wait(at now: MonotonicInstant) -> Duration {
        guard perSecond > 0 else { return .zero }
        fill(now)
        return debt
    }

    private mutating func fill(_ now: MonotonicInstant) {
        let passed = Double((now - filledAt).wholeMilliseconds) / 1_000
        guard passed > 0 else { return }
        tokens = min(burst, tokens + passed * perSecond)
        filledAt = now
    }

    private var debt: Duration {
        tokens >= 0 ? .zero : .milliseconds(Int64((-tokens / perSecond * 1_000).rounded(.up)))
    }
}
