import Core
import Synchronization

/// How fast stations of one address may connect: a depot that comes back from a power cut does not starve the others, and
/// nobody guesses passwords quickly. Who is too fast waits, and is sent away only when the wait would be too long.
final class ArrivalPace: Sendable {
    struct Limits: Sendable {
        var perSecond = 200
        var burst = 1_000
        /// What one wrong password counts.
        var guess = 20
        var longestWait: Duration = .seconds(5)
        /// Addresses that are remembered; more share one memory.
        var addresses = 10_000
    }

    private let limits: Limits
    private let buckets = Mutex<[String: TokenBucket]>([:])

    init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How long to wait before the handshake goes on; nil when that is longer than anybody should.
    func turn(of address: String, at now: MonotonicInstant) -> Duration? {
        buckets.withLock { buckets in
            let place = place(of: address, in: &buckets, now)
            let wait = buckets[place, default: fresh(now)].wait(at: now)
            guard wait <= limits.longestWait else { return nil }
            return buckets[place, default: fresh(now)].take(at: now)
        }
    }

    func punish(_ address: String, at now: MonotonicInstant) {
        buckets.withLock { buckets in
            let place = place(of: address, in: &buckets, now)
            buckets[place, default: fresh(now)].take(limits.guess - 1, at: now)
        }
    }

    private func fresh(_ now: MonotonicInstant) -> TokenBucket {
        TokenBucket(perSecond: limits.perSecond, burst: limits.burst, at: now)
    }

    /// Forgets the addresses that are at rest before it lets strangers share.
    private func place(
        of address: String, in buckets: inout [String: TokenBucket], _ now: MonotonicInstant
    ) -> String {
        guard buckets[address] == nil, buckets.count >= limits.addresses else { return address }
        for (known, bucket) in buckets where bucket.isFull(at: now) { buckets[known] = nil }
        return buckets.count < limits.addresses ? address : ""
    }
}
