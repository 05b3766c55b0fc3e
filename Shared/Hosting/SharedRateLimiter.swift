package import Core
import HTTP
package import Redis
import Synchronization

/// Counts requests in Redis for all processes of all services together; in this process while Redis is away.
package final class SharedRateLimiter: RateLimiter {
    private struct Kind: Hashable {
        let limit: Int
        let window: Duration
    }

    private let redis: RedisClient
    private let clock: Clock
    private let limits = Mutex<[Kind: RateLimit]>([:])

    package init(_ redis: RedisClient, clock: Clock) {
        self.redis = redis
        self.clock = clock
    }

    package func exceeded(_ key: String, limit: Int, per window: Duration) async -> Int? {
        let verdict = await rate(Kind(limit: limit, window: window)).take(key)
        return verdict.isAllowed ? nil : verdict.retryAfterSeconds
    }

    /// One counter for each pair of limit and window: there are a handful in a process.
    private func rate(_ kind: Kind) -> RateLimit {
        limits.withLock { limits in
            if let known = limits[kind] { return known }
            let made = RateLimit(
                "http", limit: kind.limit, per: kind.window, on: redis, clock: clock)
            limits[kind] = made
            return made
        }
    }
}
