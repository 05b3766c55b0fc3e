package import Contracts
import Core
package import FoundationEssentials
package import Redis

/// One socket that a gateway holds: what it claims on the board.
package struct PresenceClaim: Hashable, Sendable {
    package let chargePoint: ChargePointID
    package let generation: Int64

    package init(_ chargePoint: ChargePointID, generation: Int64) {
        self.chargePoint = chargePoint
        self.generation = generation
    }
}

/// Who holds which station: `vb:presence:<id>`, with a time to live. A higher generation wins, and the late close of an
/// older socket never takes a newer one off the board.
///
/// The board is a memory that may be lost: gateways claim anew whatever they hold, regularly and after each loss of Redis.
package struct PresenceBoard: Sendable {
    private let redis: RedisClient

    /// Stations in one script: long enough to be cheap, short enough not to hold up Redis.
    private static let batch = 500
    /// Every station on the board with the time at which its entry ends: to count and to list them.
    private static let index = "vb:presence"

    package init(_ redis: RedisClient) {
        self.redis = redis
    }

    private static func key(_ point: ChargePointID) -> String { "vb:presence:\(point)" }

    /// Puts a new connection on the board. False when a newer one is there: this one is the older and should close.
    package func take(
        _ claim: PresenceClaim, for gateway: InstanceName, at now: Date, living lifetime: Duration
    ) async throws -> Bool {
        try await refresh([claim], for: gateway, at: now, living: lifetime).isEmpty
    }

    /// Says of everything that a gateway holds that it still does; entries that were lost are made anew. Answers the claims
    /// that a newer connection has taken over: their sockets should close.
    package func refresh(
        _ claims: [PresenceClaim], for gateway: InstanceName, at now: Date, living lifetime: Duration
    ) async throws -> [PresenceClaim] {
        var lost: [PresenceClaim] = []
        var rest = claims[...]
        while !rest.isEmpty {
            let portion = rest.prefix(Self.batch)
            rest = rest.dropFirst(Self.batch)
            var arguments: [any RedisArgument] = [gateway.text, now.milliseconds, lifetime]
            for claim in portion {
                arguments.append(claim.generation)
                arguments.append(claim.chargePoint.text)
            }
            let verdicts = try await redis.run(
                .refreshPresence, keys: [Self.index] + portion.map { Self.key($0.chargePoint) }, arguments)
            lost += zip(portion, verdicts).filter { $0.1 == 0 }.map(\.0)
        }
        return lost
    }

    /// Takes a connection that has ended off the board. False when the entry is another connection's, and stays.
    @discardableResult
    package func release(_ claim: PresenceClaim, of gateway: InstanceName) async throws -> Bool {
        try await redis.run(
            .releasePresence, keys: [Self.index, Self.key(claim.chargePoint)],
            [gateway.text, claim.generation, claim.chargePoint.text]) == 1
    }

    /// Nil when nobody holds it.
    package func lookUp(_ point: ChargePointID) async throws -> Presence? {
        try await redis.run(Self.fields(of: point)).presence
    }

    /// Those of the points that somebody holds.
    package func lookUp(_ points: [ChargePointID]) async throws -> [ChargePointID: Presence] {
        guard !points.isEmpty else { return [:] }
        let rows = try await redis.run(.lookUpPresence, keys: points.map(Self.key))
        var found: [ChargePointID: Presence] = [:]
        for (point, row) in zip(points, rows) { found[point] = row.presence }
        return found
    }

    private static func fields(of point: ChargePointID) -> Command<[String?]> {
        Command("HMGET", key(point), "gateway", "generation", "seen")
    }

    /// Every station that is connected now, by name.
    package func online(at now: Date) async throws -> [ChargePointID] {
        let names = try await redis.run(
            Command<[String]>("ZRANGEBYSCORE", Self.index, "(\(now.milliseconds)", "+inf"))
        return names.compactMap { ChargePointID($0) }.sorted()
    }
}

extension [String?] {
    fileprivate var presence: Presence? {
        guard count == 3, let gateway = self[0], let generation = self[1].flatMap({ Int64($0) }),
            let seen = self[2].flatMap({ Int64($0) })
        else { return nil }
        return Presence(
            gateway: InstanceName(stored: gateway), generation: generation,
            seenAt: Date(timeIntervalSince1970: Double(seen) / 1_000))
    }
}

extension Date {
    /// Since 1970.
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1_000).rounded(.down)) }
}

extension Script where Answer == [Int] {
    /// KEYS: the index, then an entry each. ARGV: gateway, now, lifetime, then generation and name of each. Answers 1 for
    /// each claim that stands and 0 for each that a newer connection has taken over.
    fileprivate static let refreshPresence = Script(
        """
        local gateway, now, lifetime = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
        local answer = {}
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
        for place = 2, #KEYS do
            local generation, name = ARGV[place * 2], ARGV[place * 2 + 1]
            local stored = redis.call('HMGET', KEYS[place], 'gateway', 'generation')
            local present = tonumber(stored[2] or -1)
            if present > tonumber(generation) or (present == tonumber(generation) and stored[1] ~= gateway) then
                answer[place - 1] = 0
            else
                redis.call('HSET', KEYS[place], 'gateway', gateway, 'generation', generation, 'seen', now)
                redis.call('PEXPIRE', KEYS[place], lifetime)
                redis.call('ZADD', KEYS[1], now + lifetime, name)
                answer[place - 1] = 1
            end
        end
        return answer
        """)
}

extension Script where Answer == Int {
    fileprivate static let releasePresence = Script(
        """
        local stored = redis.call('HMGET', KEYS[2], 'gateway', 'generation')
        if stored[1] ~= ARGV[1] or tonumber(stored[2]) ~= tonumber(ARGV[2]) then return 0 end
        redis.call('DEL', KEYS[2])
        redis.call('ZREM', KEYS[1], ARGV[3])
        return 1
        """)
}

extension Script where Answer == [[String?]] {
    fileprivate static let lookUpPresence = Script(
        """
        local answer = {}
        for place, key in ipairs(KEYS) do
            answer[place] = redis.call('HMGET', key, 'gateway', 'generation', 'seen')
        end
        return answer
        """)
}
