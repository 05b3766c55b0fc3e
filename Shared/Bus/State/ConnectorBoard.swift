package import Contracts
import Core
import FoundationEssentials
package import Redis

/// The last status of every connector, for readers that want it without SQL: `vb:connectors:<id>`. A mirror: what is true
/// stands in the gateway's tables, from which it is written anew after a loss of Redis.
package struct ConnectorBoard: Sendable {
    private let redis: RedisClient
    private let lifetime: Duration

    private static let batch = 500

    package init(_ redis: RedisClient, living lifetime: Duration = .seconds(86_400)) {
        self.redis = redis
        self.lifetime = lifetime
    }

    private static func key(_ point: ChargePointID) -> String { "vb:connectors:\(point)" }

    /// Writes states that are not older than what is there.
    package func write(_ states: [ConnectorPlace: ConnectorState]) async throws {
        var rest = Array(states)[...]
        while !rest.isEmpty {
            let portion = rest.prefix(Self.batch)
            rest = rest.dropFirst(Self.batch)
            var arguments: [any RedisArgument] = [lifetime]
            for (place, state) in portion {
                arguments.append(place.number)
                arguments.append(state.since.milliseconds)
                arguments.append(JSONWriter.encode(state))
            }
            _ = try await redis.run(
                .writeConnectors, keys: portion.map { Self.key($0.key.chargePoint) }, arguments)
        }
    }

    /// By the number of the connector; 0 is the whole point. Empty for a point that nobody mirrored.
    package func states(of point: ChargePointID) async throws -> [Int: ConnectorState] {
        let fields = try await redis.run(Command<[String: RedisBytes]>("HGETALL", Self.key(point)))
        var states: [Int: ConnectorState] = [:]
        for (name, value) in fields {
            // What another release wrote and we cannot read counts as not there: SQL has it.
            guard let number = Int(name) else { continue }
            states[number] = try? JSONReader.decode(ConnectorState.self, from: value.bytes)
        }
        return states
    }

    package func forget(_ point: ChargePointID) async throws {
        _ = try await redis.run(.delete([Self.key(point)]))
    }
}

extension Script where Answer == Int {
    /// KEYS: a hash for each state. ARGV: lifetime, then number, time and text of each. Answers how many were newer.
    fileprivate static let writeConnectors = Script(
        """
        local written = 0
        for place, key in ipairs(KEYS) do
            local number, since, text = ARGV[place * 3 - 1], ARGV[place * 3], ARGV[place * 3 + 1]
            local present = redis.call('HGET', key, number .. ':since')
            if not present or tonumber(present) <= tonumber(since) then
                redis.call('HSET', key, number, text, number .. ':since', since)
                redis.call('PEXPIRE', key, ARGV[1])
                written = written + 1
            end
        end
        return written
        """)
}
