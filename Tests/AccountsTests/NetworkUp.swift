import Contracts
import Core
import Crypto
import GatewayService
import Hosting
import Lifecycle
import OCPP
import Postgres
import Settings
import Sockets
import StationSimulator
import Synchronization
import TestSupport
import Testing

/// A real gateway beside the service of the test, on the same database, Redis and clock.
///
///     @Test(.networkUp) func `starts`() async throws {
///         let point = try await NetworkUp.current.point("CP1")
///         let station = try await NetworkUp.current.station("CP1")
final class NetworkUp: Sendable {
    @TaskLocal static var bound: NetworkUp?

    static var current: NetworkUp {
        guard let bound else { preconditionFailure("The test lacks the trait .networkUp") }
        return bound
    }

    let registry: Registry
    private let gateway: Gateway
    private let lifetime: Lifetime
    /// Kept, because a simulator that nobody holds answers nothing.
    private let stations = Mutex<[Simulator]>([])

    private init(beside up: AccountsUp, _ environment: [String: String]) async throws {
        var given = [
            "DATABASE_URL": try FreshDatabase.current.url(as: .gateway),
            "REDIS_URL": FreshRedis.current.url,
            "SECRET_KEY": "no secret at all, but more than thirty-two characters",
            "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", "OCPP_PORT": "0", "DATABASE_POOL_SIZE": "4",
            "LOG_LEVEL": "error", "METER_INTERVAL_SECONDS": "0",
        ]
        given.merge(environment) { _, own in own }
        let settings = try GatewaySettings(environment: given)
        let readiness = Readiness()
        let host = try Host(
            .gateway, settings.host, readiness: readiness, clock: up.clock.clock, loops: TestLoops.shared)
        gateway = try Gateway(host, settings)
        registry = try Registry()
        let assembly = gateway.assembly
        lifetime = Lifetime(assembly.parts, log: assembly.log)
        _ = try await lifetime.start()
        readiness.enter(.serving)
    }

    static func serving(
        beside up: AccountsUp, _ environment: [String: String], _ body: () async throws -> Void
    ) async throws {
        let network = try await NetworkUp(beside: up, environment)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await $bound.withValue(network) { try await body() }) } catch {
            outcome = .failure(error)
        }
        for station in network.stations.withLock({ $0 }) { await station.shutDown() }
        _ = await network.lifetime.stop(within: .seconds(5))
        try outcome.get()
    }

    /// An entered point with one connector, that everybody may use unless told otherwise. Answers the port.
    @discardableResult
    func point(_ id: String, owner: Int64? = nil, level: Int = 0, site: Int64? = nil, price: Int64? = nil)
        async throws -> Int64
    {
        try await registry.point(id, owner: owner, site: site, level: level)
        return try await registry.connector(of: id, price: price)
    }

    /// A station that is connected, accepted, and has said that it is free.
    func station(_ id: String, _ adjust: (inout StationProfile) -> Void = { _ in }) async throws -> Simulator
    {
        var profile = StationProfile()
        profile.pace = .byHand
        profile.reconnects = false
        adjust(&profile)
        let port = try #require(gateway.stationPort)
        let central = CentralSystem(address: try #require(SocketAddress(host: "127.0.0.1", port: port)))
        let station = try await Simulator.boot(id, at: central, profile: profile, on: TestLoops.shared.next())
        stations.withLock { $0.append(station) }
        let database = registry.owner
        try await Wait.until {
            let known: Int64 = try await database.run(
                "SELECT count(*) FROM gateway.connector_status WHERE charge_point_id = \(id) AND connector_id = 1"
            )
            return known == 1
        }
        return station
    }
}
