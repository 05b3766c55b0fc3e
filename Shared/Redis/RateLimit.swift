package import Core
import FoundationEssentials
import Synchronization

/// At most so many acts in so much time, counted per name: in Redis for all processes together, and in this process
/// alone while Redis is away.
///
/// Counts in a window that slides: what the last full window held fades out as the present one passes, so that nobody gets
/// twice the limit around the change of a minute.
package final class RateLimit: Sendable {
    /// What came of asking.
    package struct Verdict: Equatable, Sendable {
        package let isAllowed: Bool
        /// Acts that are still free.
        package let remaining: Int
        /// How long to wait for the next one; zero when it was allowed.
        package let retryAfter: Duration

        package init(isAllowed: Bool, remaining: Int, retryAfter: Duration) {
            self.isAllowed = isAllowed
            self.remaining = remaining
            self.retryAfter = retryAfter
        }

        package static let unlimited = Verdict(isAllowed: true, remaining: .max, retryAfter: .zero)

        /// For a `Retry-After` header: whole seconds, at least one.
        package var retryAfterSeconds: Int { max(1, Int((retryAfter.wholeMilliseconds + 999) / 1_000)) }
    }

    package let limit: Int
    package let window: Duration
    private let prefix: String
    private let redis: RedisClient?
    private let clock: Clock
    private let patience: Duration
    private let own = Mutex<[String: SlidingWindow]>([:])

    /// Names that one process counts by itself; beyond that the longest unused are forgotten.
    private static let ownNames = 50_000

    /// - Parameters:
    ///   - name: what is limited; part of the key, so that limits do not mix.
    ///   - limit: acts in a window; 0 allows everything.
    ///   - redis: nil counts in this process only.
    ///   - patience: how long an act is held up for a count that all processes share; one that hangs is as good as away.
    package init(
        _ name: String, limit: Int, per window: Duration, on redis: RedisClient?, clock: Clock = .system,
        patience: Duration = .milliseconds(250)
    ) {
        self.limit = limit
        self.window = window
        self.redis = redis
        self.clock = clock
        self.patience = patience
        prefix = "vb:limit:\(name):"
    }

    /// Counts one act of `subject` (an address, an account) if it is still within the limit. Acts that are refused do
    /// not count. Never fails.
    package func take(_ subject: String) async -> Verdict {
        guard limit > 0 else { return .unlimited }
        let now = Int64(clock.now.timeIntervalSince1970 * 1_000)
        let length = window.wholeMilliseconds
        guard let redis,
            // Whatever keeps Redis from answering, the count goes on here.
            let answer = try? await redis.run(
                .takeFromWindow, keys: [prefix + subject], [now, length, limit], within: patience),
            answer.count == 3
        else { return takeHere(subject, now, length) }
        return Verdict(
            isAllowed: answer[0] == 1, remaining: Int(answer[1]), retryAfter: .milliseconds(answer[2]))
    }

    private func takeHere(_ subject: String, _ now: Int64, _ length: Int64) -> Verdict {
        own.withLock { windows in
            if windows.count >= Self.ownNames, windows[subject] == nil {
                windows = windows.filter { !$0.value.isForgotten(at: now, length) }
                // Everybody is here at once: begin anew rather than grow.
                if windows.count >= Self.ownNames { windows.removeAll() }
            }
            return windows[subject, default: SlidingWindow()].take(at: now, length, limit: limit)
        }
    }
}

/// The count of one name. The script below does the same steps in Redis; a test holds the two together.
struct SlidingWindow {
    private var index: Int64 = 0
    private var count: Int64 = 0
    private var previous: Int64 = 0

    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - length: of the window, in milliseconds.
    mutating func take(at now: Int64, _ length: Int64, limit: Int) -> RateLimit.Verdict {
        let limit = Int64(limit)
        // A clock that runs behind another process' counts in that one's window.
        let current = max(now / length, index)
        if current > index {
            previous = current == index + 1 ? count : 0
            count = 0
            index = current
        }
        let elapsed = max(0, now - current * length)
        let used = count + previous * (length - elapsed) / length
        guard used >= limit else {
            count += 1
            return .init(isAllowed: true, remaining: Int(limit - used - 1), retryAfter: .zero)
        }
        let wait =
            count < limit
            ? length - length * (limit - count) / previous - elapsed
            : length - elapsed + length - length * limit / count
        return .init(isAllowed: false, remaining: 0, retryAfter: .milliseconds(max(wait, 0) + 1))
    }

    func isForgotten(at now: Int64, _ length: Int64) -> Bool { now / length > index + 1 }
}

extension Script where Answer == [Int64] {
    /// Answers whether it was allowed, how many are left, and the milliseconds to wait.
    fileprivate static let takeFromWindow = Script(
        """
        local now, length, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local stored = redis.call('HMGET', KEYS[1], 'index', 'count', 'previous')
        local index, count, previous = tonumber(stored[1] or 0), tonumber(stored[2] or 0), tonumber(stored[3] or 0)
        local current = math.max(math.floor(now / length), index)
        if current > index then
            previous = current == index + 1 and count or 0
            count = 0
            index = current
        end
        local elapsed = math.max(0, now - current * length)
        local used = count + math.floor(previous * (length - elapsed) / length)
        if used < limit then
            redis.call('HSET', KEYS[1], 'index', index, 'count', count + 1, 'previous', previous)
            redis.call('PEXPIRE', KEYS[1], 2 * length)
            return {1, limit - used - 1, 0}
        end
        local wait
        if count < limit then
            wait = length - math.floor(length * (limit - count) / previous) - elapsed
        else
            wait = length - elapsed + length - math.floor(length * limit / count)
        end
        return {0, 0, math.max(wait, 0) + 1}
        """)
}
