import Core

/// A lock that is held until it is released or its time is over. It saves double work; where two holders would do harm,
/// PostgreSQL must decide, because a holder that was held up does not notice that its time is over.
package struct Lock: Sendable {
    package let name: String
    private let token: String
    private let redis: RedisClient

    fileprivate init(_ name: String, token: String, on redis: RedisClient) {
        self.name = name
        self.token = token
        self.redis = redis
    }

    /// Gives it back; false when it was no longer ours.
    @discardableResult
    package func release() async throws -> Bool {
        try await redis.run(.releaseLock, keys: [name], [token])
    }

    /// Holds it for `lifetime` from now on; false when it was no longer ours, and then it is not taken again.
    package func extend(to lifetime: Duration) async throws -> Bool {
        try await redis.run(.extendLock, keys: [name], [token, lifetime])
    }
}

extension RedisClient {
    /// Takes the lock if nobody holds it.
    package func lock(_ name: String, for lifetime: Duration) async throws -> Lock? {
        let token = randomToken()
        guard try await run(.set(name, to: token, for: lifetime, onlyIfAbsent: true)) else { return nil }
        return Lock(name, token: token, on: self)
    }

    /// 128 bits from the system's generator, in hexadecimal digits: what nobody else holds by chance.
    private func randomToken() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next() as UInt64, radix: 16) + "."
            + String(generator.next() as UInt64, radix: 16)
    }
}

extension Script where Answer == Bool {
    fileprivate static let releaseLock = Script(
        """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        return redis.call('DEL', KEYS[1])
        """)

    fileprivate static let extendLock = Script(
        """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        """)
}
