import BillingService
import Bus
import Contracts
import Core
import Crypto
import Foundation
import HTTP
import Hosting
import Lifecycle
import Postgres
import Settings
import Sockets
import Telemetry
import TestSupport
import Testing

/// Billing in this process, on a database of the test's own, with people who are logged in and sessions that a gateway
/// would have written.
struct BillingHouse: Sendable {
    let clock: ManualClock
    let host: Hosting.Host
    /// Where mail stays.
    let outbox: URL
    let owner: Database
    let port: Int
    let routes: [GuardedRoute]

    static let secretKey = "a secret of forty characters or a few more"

    /// Serves for the time of one test.
    static func open(
        _ environment: [String: String] = [:], _ body: @Sendable (BillingHouse) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        let outbox = FileManager.default.temporaryDirectory
            .appending(path: "voltbus-outbox.\(FreshDatabase.current.name)")
        defer { try? FileManager.default.removeItem(at: outbox) }
        var values = [
            "DATABASE_URL": try FreshDatabase.current.url(as: .billing), "REDIS_URL": FreshRedis.current.url,
            "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", "RATE_LIMIT_ADDRESS": "0", "RATE_LIMIT_ACCOUNT": "0",
            "SECRET_KEY": secretKey, "PAYMENT_SANDBOX_SECRET": sandboxSecret, "DATABASE_POOL_SIZE": "8",
            "REQUEST_TIMEOUT_SECONDS": "30", "OUTBOX_FOLDER": outbox.path(),
        ]
        values.merge(environment) { _, own in own }
        let settings = try BillingSettings(environment: values)
        let log = Log(service: "billing", level: .error)
        let host = try Hosting.Host(
            .billing, settings.host, readiness: Readiness(), clock: clock.clock, log: log,
            loops: TestLoops.shared)
        let billing = try Billing(host, settings)
        let lifetime = Lifetime(billing.assembly.parts, log: log)
        _ = try await lifetime.start()
        let house = BillingHouse(
            clock: clock, host: host, outbox: outbox, owner: try FreshDatabase.current.database(as: .owner),
            port: try #require(host.port), routes: billing.routes)
        do {
            try await eventually("the default plan") {
                try await house.owner.run("SELECT count(*) FROM billing.plan" as Query<Int64>) > 0
            }
            try await body(house)
        } catch {
            _ = await lifetime.stop(within: .seconds(5))
            throw error
        }
        _ = await lifetime.stop(within: .seconds(5))
    }

    /// Waits until something holds; fails when it does not within ten seconds.
    static func eventually(_ what: String, _ holds: @Sendable () async throws -> Bool) async throws {
        let steady = Clock.system
        let end = steady.monotonic + .seconds(10)
        while steady.monotonic < end {
            if try await holds() { return }
            try await TestLoops.shared.next().sleep(for: .milliseconds(20))
        }
        Issue.record("not within ten seconds: \(what)")
    }
}

/// Database and Redis of one test's own.
struct HouseTrait: NearestTrait {
    let id = Unique()
    /// Tests that run at once, each with its servers and clients: more of them would only wait for the processor until their
    /// requests are out of time.
    private static let places = Places(6)

    func prepare(for test: Test) async throws {
        try await FreshDatabaseTrait.suite(as: .billing).prepare(for: test)
        try await FreshRedisTrait.freshRedis.prepare(for: test)
    }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        await Self.places.take()
        let outcome: Result<Void, any Error>
        do {
            try await FreshDatabaseTrait.suite(as: .billing).provideScope(for: test, testCase: testCase) {
                try await FreshRedisTrait.freshRedis.provideScope(for: test, testCase: testCase) {
                    try await function()
                }
            }
            outcome = .success(())
        } catch { outcome = .failure(error) }
        Self.places.giveBack()
        try outcome.get()
    }
}

extension Trait where Self == HouseTrait {
    static var house: Self { Self() }
}

/// Somebody with an account and a device token.
struct Person: Sendable {
    let id: Int64
    let name: String
    let token: String
}

extension BillingHouse {
    func person(_ name: String, role: String = "user", plan: String = "default") async throws -> Person {
        let token = RandomText.deviceToken()
        let id: Int64 = try await owner.run(
            """
            INSERT INTO accounts.account (user_hex, username, email, first_name, last_name, role, payment_plan,
                address_line1, city, postal_code, created_at)
            VALUES (\(RandomText.deviceToken()), \(name), \("\(name)@example.org"), \(name), 'Tester', \(role), \(plan),
                'Long Street 1', 'Praha', '110 00', \(clock.now))
            RETURNING id
            """)
        try await owner.run(
            """
            INSERT INTO accounts.login_session
                (user_id, kind, device_token_digest, ip_address, user_agent, created_at, last_used_at, expires_at)
            VALUES (\(id), 'device', \(Octets(SHA256.hash(token))), '127.0.0.1', 'test', \(clock.now), \(clock.now),
                \(clock.now + 400 * 86_400))
            """ as Query<Void>)
        return Person(id: id, name: name, token: token)
    }

    func point(_ id: String, owner host: Person? = nil, price: Int64? = nil) async throws {
        try await owner.run(
            """
            INSERT INTO accounts.charge_point (charge_point_id, title, address, owner_id, created_at)
            VALUES (\(id), \("Point \(id)"), 'Square 7', \(host?.id as Int64?), \(clock.now))
            """ as Query<Void>)
        try await owner.run(
            """
            INSERT INTO accounts.connector (charge_point_id, number, price_per_kwh)
            VALUES (\(id), 1, \(price as Int64?))
            """ as Query<Void>)
    }

    /// Money on somebody's balance, by the door that administrators use.
    func topUp(_ person: Person, _ amount: Int64, by admin: Person) async throws {
        let answer = try await call(
            .post, "/transactions/", as: admin,
            ["user_id": .integer(person.id), "amount": .integer(amount), "type": "TopUp"])
        #expect(answer.status == 201)
    }

    func balance(of person: Person) async throws -> Int64? {
        try await call(.get, "/payment/balance", as: person).json["balance"]?.number
    }
}

/// An answer as it came over the wire.
struct Answer: Sendable {
    let status: Int
    let headers: Headers
    let bytes: [UInt8]
    let json: JSONValue

    init(_ response: ReceivedResponse) {
        status = response.status
        headers = response.headers
        bytes = response.body
        json = (try? JSONReader.decode(JSONValue.self, from: response.body)) ?? .null
    }

    var code: Int64? { json["status_code"]?.number }
    var items: [JSONValue] {
        if case .array(let all) = json { return all }
        if case .array(let all)? = json["items"] { return all }
        return []
    }
}

extension JSONValue {
    var number: Int64? { if case .integer(let number) = self { number } else { nil } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var elements: [JSONValue] { if case .array(let all) = self { all } else { [] } }
}

extension BillingHouse {
    func call(
        _ method: HTTP.Method, _ path: String, as person: Person? = nil, _ body: JSONValue? = nil,
        key: String? = nil, headers more: [(String, String)] = []
    ) async throws -> Answer {
        try await send(
            method, path, as: person, body.map { JSONWriter.encode($0) } ?? [],
            [("Content-Type", "application/json")] + (key.map { [("Idempotency-Key", $0)] } ?? []) + more)
    }

    func send(
        _ method: HTTP.Method, _ path: String, as person: Person? = nil, _ body: [UInt8],
        _ fields: [(String, String)]
    ) async throws -> Answer {
        let loop = TestLoops.shared.next()
        var headers = Headers()
        for (name, value) in fields { headers.add(name, value) }
        if let person { headers["Authorization"] = "Bearer \(person.token)" }
        let (address, sent) = (try #require(SocketAddress(host: "127.0.0.1", port: port)), headers)
        let target = path.hasPrefix("/api") ? path : "/api/v1\(path)"
        return try await Task(executorPreference: loop) {
            let client = try await HTTPClient.connect(to: address, on: loop)
            defer { client.close() }
            return Answer(try await client.send(method, target, headers: sent, body: body))
        }.value
    }
}
