import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import GatewayService
import HTTP
import Hosting
import Lifecycle
import OCPP
import Postgres
import Settings
import Sockets
import StationSimulator
import TestSupport
import Testing

/// The gateway as a process runs it, on the database and Redis of the test, with stations on real sockets.
///
///     @Test(.gatewayUp) func `answers a boot`() async throws {
///         let up = GatewayUp.current
///         try await up.enter("CP1")
///         let station = try await up.boot("CP1")
final class GatewayUp: Sendable {
    @TaskLocal static var bound: GatewayUp?

    static var current: GatewayUp {
        guard let bound else { preconditionFailure("The test lacks the trait .gatewayUp") }
        return bound
    }

    let gateway: Gateway
    let clock: ManualClock
    let people: AccountsRows
    /// Looks, and enters what other services own, behind the service's back.
    let owner: Database
    private let lifetime: Lifetime

    static let secretKey = "no secret at all, but more than thirty-two characters"

    init(_ environment: [String: String], clock: ManualClock = ManualClock()) async throws {
        var given = [
            "DATABASE_URL": try FreshDatabase.current.url(as: .gateway),
            "REDIS_URL": FreshRedis.current.url, "SECRET_KEY": Self.secretKey,
            "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", "OCPP_PORT": "0", "DATABASE_POOL_SIZE": "4",
            // Tests sweep when they mean to.
            "LOG_LEVEL": "error", "SWEEP_SECONDS": "86400",
        ]
        given.merge(environment) { _, own in own }
        let settings = try GatewaySettings(environment: given)
        let readiness = Readiness()
        let host = try Host(
            .gateway, settings.host, readiness: readiness, clock: clock.clock, loops: TestLoops.shared)
        gateway = try Gateway(host, settings)
        self.clock = clock
        owner = try FreshDatabase.current.database(as: .owner)
        people = AccountsRows(owner, at: clock.now)
        let assembly = gateway.assembly
        lifetime = Lifetime(assembly.parts, log: assembly.log)
        _ = try await lifetime.start()
        readiness.enter(.serving)
        let gateway = gateway
        try await Wait.until { gateway.stationPort != nil }
    }

    func stop() async { _ = await lifetime.stop(within: .seconds(5)) }

    /// Runs `body` with the service up, and takes it down whatever comes of it.
    static func serving(
        _ environment: [String: String] = [:], clock: ManualClock = ManualClock(),
        _ body: (GatewayUp) async throws -> Void
    ) async throws {
        let up = try await GatewayUp(environment, clock: clock)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await $bound.withValue(up) { try await body(up) }) } catch {
            outcome = .failure(error)
        }
        await up.stop()
        try outcome.get()
    }

    // What other services have entered.

    /// A charge point with connectors of 11 kW, free of charge.
    func enter(
        _ point: String, connectors: Int = 1, powerW: Int32 = 11_000, password: String? = nil,
        profile: Int16 = 0, owner host: Int64? = nil, level: Int16 = 0
    ) async throws {
        let passwords = try ConnectionPasswords(KeyRing(secretKey: Self.secretKey))
        let hash = password.map { passwords.hash(Array($0.utf8)) }
        try await owner.run(
            """
            INSERT INTO accounts.charge_point (charge_point_id, title, owner_id, access_level, security_profile, password_hash,
                password_set_at, created_at)
            VALUES (\(point), \(point), \(host as Int64?), \(level), \(profile), \(hash as String?), \(clock.now), \(clock.now))
            """)
        for number in 1...max(1, connectors) {
            try await owner.run(
                """
                INSERT INTO accounts.connector (charge_point_id, number, power_w)
                VALUES (\(point), \(Int32(number)), \(powerW))
                """)
        }
    }

    /// The plan of whoever has no other.
    func setDefaultPlan(kilowattHour: Int64, hour: Int64 = 0, freeMinutes: Int32 = 60) async throws {
        try await owner.run(
            """
            INSERT INTO billing.plan (plan_id, is_default, price_per_kwh, price_per_hour, free_minutes)
            VALUES ('standard', true, \(kilowattHour), \(hour), \(freeMinutes))
            """)
    }

    func setBalance(of user: Int64, _ amount: Int64) async throws {
        try await owner.run("INSERT INTO billing.balance (user_id, amount) VALUES (\(user), \(amount))")
    }

    // Stations.

    func central(password: String? = nil) throws -> CentralSystem {
        let port = try #require(gateway.stationPort)
        let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
        return CentralSystem(address: address, password: password)
    }

    /// A station whose clock moves by hand, and lies so far in the past that a night's charge ends before now.
    func station(
        _ id: String, password: String? = nil, _ manners: Manners = .good,
        _ change: (inout StationProfile) -> Void = { _ in }
    ) async throws -> Simulator {
        var profile = StationProfile()
        profile.pace = .byHand
        profile.world = clock.clock
        profile.manners = manners
        profile.power = 10_000
        profile.sampleInterval = 0
        profile.reconnectDelay = .milliseconds(20)
        change(&profile)
        let station = Simulator(
            id, at: try central(password: password), profile: profile, on: TestLoops.shared.next())
        await station.setClockError(-86_400)
        return station
    }

    /// One that is connected and accepted.
    func boot(
        _ id: String, password: String? = nil, _ manners: Manners = .good,
        _ change: (inout StationProfile) -> Void = { _ in }
    ) async throws -> Simulator {
        let station = try await station(id, password: password, manners, change)
        try await station.connect()
        try await station.boot()
        return station
    }

    // What came of it.

    func session(_ number: Int) async throws -> SessionSeen {
        try await owner.run(
            "SELECT \(columns: SessionSeen.self) FROM gateway.session WHERE session_id = \(Int64(number))")
    }

    var sessions: [SessionSeen] {
        get async throws {
            try await owner.run(
                "SELECT \(columns: SessionSeen.self) FROM gateway.session ORDER BY session_id")
        }
    }

    func readings(of session: Int) async throws -> [ReadingSeen] {
        try await owner.run(
            """
            SELECT \(columns: ReadingSeen.self) FROM gateway.meter_reading WHERE session_id = \(Int64(session))
            ORDER BY taken_at, context, reading_id
            """)
    }

    /// How often the log tells an event of this kind about a session.
    func told(_ kind: String, of session: Int) async throws -> Int64 {
        try await owner.run(
            """
            SELECT count(*) FROM gateway.event_log
            WHERE kind = \(kind) AND subject = \(String(session))
            """)
    }

    var quarantined: [String] {
        get async throws { try await owner.run("SELECT reason FROM gateway.quarantined_frame ORDER BY id") }
    }
}

/// A session as its row has it.
struct SessionSeen: Row, Equatable, Sendable {
    var number: Int64
    var user: Int64?
    var status: String
    var end: String?
    var reason: String
    var startedAt: Date?
    var endedAt: Date?
    var energy: Int64
    var price: Int64
    var isRefused: Bool
    var isGuessed: Bool
    var note: String

    static let columns = """
        session_id, user_id, status, end_reason, reason, started_at, ended_at, energy_wh, price_running, is_refused,
        is_guessed, note
        """

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        user = try cells.next()
        status = try cells.next()
        end = try cells.next()
        reason = try cells.next()
        startedAt = try cells.next()
        endedAt = try cells.next()
        energy = try cells.next()
        price = try cells.next()
        isRefused = try cells.next()
        isGuessed = try cells.next()
        note = try cells.next()
    }
}

struct ReadingSeen: Row, Equatable, Sendable {
    var register: Int64?
    var energy: Int64
    var powerW: Int32?
    var grade: String
    var rule: String
    var raw: String

    static let columns = "register_wh, energy_wh, power_w, grade, rule, raw"

    init(_ cells: inout Cells) throws {
        register = try cells.next()
        energy = try cells.next()
        powerW = try cells.next()
        grade = try cells.next()
        rule = try cells.next()
        raw = try cells.next()
    }
}

/// Database, Redis and gateway of one test's own.
struct GatewayUpTrait: NearestTrait {
    let environment: [String: String]
    let id = Unique()

    func prepare(for test: Test) async throws {
        try await FreshDatabaseTrait.suite(as: .gateway).prepare(for: test)
        try await FreshRedisTrait.freshRedis.prepare(for: test)
    }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let environment = environment
        try await FreshDatabaseTrait.suite(as: .gateway).provideScope(for: test, testCase: testCase) {
            try await FreshRedisTrait.freshRedis.provideScope(for: test, testCase: testCase) {
                try await GatewayUp.serving(environment) { _ in try await function() }
            }
        }
    }
}

extension Trait where Self == GatewayUpTrait {
    static var gatewayUp: Self { Self(environment: [:]) }

    /// With these settings besides the usual ones.
    static func gatewayUp(_ environment: [String: String]) -> Self { Self(environment: environment) }
}
