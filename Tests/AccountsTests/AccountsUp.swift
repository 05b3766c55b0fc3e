import AccountsService
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Lifecycle
import Postgres
import Settings
import Sockets
import TestSupport
import Testing

/// The service as a process runs it, on the database and Redis of the test, asked over HTTP.
///
///     @Test(.accountsUp) func `shows everybody themselves`() async throws {
///         let up = AccountsUp.current
///         let anna = try await up.rows.person("anna")
///         let answer = try await up.get("/api/v1/users/me", as: anna.token)
final class AccountsUp: Sendable {
    @TaskLocal static var bound: AccountsUp?

    static var current: AccountsUp {
        guard let bound else { preconditionFailure("The test lacks the trait .accountsUp") }
        return bound
    }

    let accounts: Accounts
    let clock: ManualClock
    /// Inserts behind the service's back.
    let rows: AccountsRows
    /// Where its mail goes.
    let outbox: Outbox
    private let lifetime: Lifetime

    /// What ADMIN_EMAIL and ADMIN_PASSWORD say where a test asks for an administrator.
    static let administrator = (email: "boss@example.org", password: "Kettle-4711-blue")

    init(_ environment: [String: String], clock: ManualClock = ManualClock()) async throws {
        outbox = try Outbox()
        var given = [
            "OUTBOX_FOLDER": outbox.path,
            "DATABASE_URL": try FreshDatabase.current.url(as: .accounts),
            "REDIS_URL": FreshRedis.current.url,
            "SECRET_KEY": "no secret at all, but more than thirty-two characters",
            "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", "DATABASE_POOL_SIZE": "4", "LOG_LEVEL": "error",
            "REQUEST_TIMEOUT_SECONDS": "30",
        ]
        given.merge(environment) { _, own in own }
        let settings = try AccountsSettings(environment: given)
        let readiness = Readiness()
        let host = try Host(
            .accounts, settings.host, readiness: readiness, clock: clock.clock, loops: TestLoops.shared)
        // Each guess costs a few milliseconds less than real ones.
        let hasher = PasswordHasher(cost: ScryptCost(logN: 4, r: 1, p: 1))
        accounts = try Accounts(host, settings, hasher: hasher)
        self.clock = clock
        rows = try AccountsRows(at: clock.now)
        let assembly = accounts.assembly
        lifetime = Lifetime(assembly.parts, log: assembly.log)
        _ = try await lifetime.start()
        readiness.enter(.serving)
        // Not by asking: requests are counted, and the clock stands still.
        let owner = try FreshDatabase.current.database(as: .owner)
        try await Wait.until {
            let offered: Int64 = try await owner.run("SELECT count(*) FROM accounts.setting")
            return offered >= 3
        }
    }

    func stop() async { _ = await lifetime.stop(within: .seconds(5)) }

    /// Runs `body` with the service up, and takes it down whatever comes of it.
    static func serving(
        _ environment: [String: String] = [:], clock: ManualClock = ManualClock(),
        _ body: (AccountsUp) async throws -> Void
    ) async throws {
        let up = try await AccountsUp(environment, clock: clock)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await $bound.withValue(up) { try await body(up) }) } catch {
            outcome = .failure(error)
        }
        await up.stop()
        try outcome.get()
    }

    // Requests, each on a connection of its own.

    func ask(
        _ method: HTTP.Method, _ target: String, _ body: [UInt8] = [], as credential: String? = nil,
        headers: [(String, String)] = []
    ) async throws -> Answer {
        let port = try #require(accounts.host.port)
        let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
        var fields = Headers(headers)
        if !body.isEmpty, fields["Content-Type"] == nil { fields.add("Content-Type", "application/json") }
        if let credential { fields.add("Authorization", "Bearer \(credential)") }
        let (loop, sent) = (TestLoops.shared.next(), fields)
        return try await Task(executorPreference: loop) {
            let client = try await HTTPClient.connect(to: address, on: loop)
            defer { client.close() }
            return Answer(try await client.send(method, target, headers: sent, body: body))
        }.value
    }

    func get(_ target: String, as credential: String? = nil, headers: [(String, String)] = []) async throws
        -> Answer
    {
        try await ask(.get, target, as: credential, headers: headers)
    }

    func post(
        _ target: String, _ body: JSONValue, as credential: String? = nil, headers: [(String, String)] = []
    ) async throws -> Answer {
        try await ask(.post, target, JSONWriter.encode(body), as: credential, headers: headers)
    }

    func put(_ target: String, _ body: JSONValue, as credential: String? = nil) async throws -> Answer {
        try await ask(.put, target, JSONWriter.encode(body), as: credential)
    }

    func patch(_ target: String, _ body: JSONValue, as credential: String? = nil) async throws -> Answer {
        try await ask(.patch, target, JSONWriter.encode(body), as: credential)
    }

    func delete(_ target: String, as credential: String? = nil) async throws -> Answer {
        try await ask(.delete, target, as: credential)
    }

    // What nearly every test begins with.

    /// A person who registered themselves, logged in by a device token.
    func register(_ username: String, password: String = "Kettle-4711", _ more: [String: JSONValue] = [:])
        async throws -> Registered
    {
        var body = more
        body["username"] = .string(username)
        body["password"] = .string(password)
        let answer = try await post("/api/v1/users/register", .object(body))
        try #require(answer.status == 201, "\(answer)")
        return Registered(
            id: try #require(answer["id"]?.number), username: username, password: password,
            token: try #require(answer["token"]?.text))
    }

    /// A new device token.
    func deviceToken(_ name: String, _ password: String) async throws -> String {
        let answer = try await post(
            "/api/v1/users/authenticate", ["username": .string(name), "password": .string(password)])
        return try #require(answer["token"]?.text, "\(answer)")
    }

    /// A new refresh family: access and refresh token.
    func logIn(_ name: String, _ password: String) async throws -> (access: String, refresh: String) {
        let answer = try await post(
            "/api/auth/login", ["username": .string(name), "password": .string(password)])
        return (
            try #require(answer["access_token"]?.text, "\(answer)"),
            try #require(answer["refresh_token"]?.text)
        )
    }
}

struct Registered: Sendable {
    let id: Int64
    let username: String
    let password: String
    let token: String
}

/// An answer as a test looks at it.
struct Answer: Sendable, CustomStringConvertible {
    let status: Int
    let headers: Headers
    let body: [UInt8]

    init(_ received: ReceivedResponse) {
        status = received.status
        headers = received.headers
        body = received.body
    }

    var json: JSONValue {
        get throws { try JSONReader.decode(JSONValue.self, from: body) }
    }

    /// A member of the object that it is; nil where there is none.
    subscript(_ name: String) -> JSONValue? { try? json[name] }

    /// The application code of a failure.
    var code: Int64? { self["status_code"]?.number }
    var text: String { String(decoding: body, as: UTF8.self) }
    var description: String { "\(status) \(text.prefix(2_000))" }
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var number: Int64? { if case .integer(let number) = self { number } else { nil } }
    var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var names: Set<String> { if case .object(let members) = self { Set(members.keys) } else { [] } }
}

/// Database, Redis and service of one test's own.
struct AccountsUpTrait: NearestTrait {
    let environment: [String: String]
    /// Beside a gateway, for tests with stations.
    var hasGateway = false
    let id = Unique()

    func prepare(for test: Test) async throws {
        try await FreshDatabaseTrait.suite(as: .accounts).prepare(for: test)
        try await FreshRedisTrait.freshRedis.prepare(for: test)
    }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let (environment, hasGateway) = (environment, hasGateway)
        try await FreshDatabaseTrait.suite(as: .accounts).provideScope(for: test, testCase: testCase) {
            try await FreshRedisTrait.freshRedis.provideScope(for: test, testCase: testCase) {
                // Tables that the database compares with its own clock are real only beside a clock like it.
                let clock = hasGateway ? ManualClock(Clock.system.now) : ManualClock()
                try await AccountsUp.serving(environment, clock: clock) { up in
                    guard hasGateway else { return try await function() }
                    try await NetworkUp.serving(beside: up, environment) { try await function() }
                }
            }
        }
    }
}

extension Trait where Self == AccountsUpTrait {
    static var accountsUp: Self { Self(environment: [:]) }

    /// With these settings besides the usual ones.
    static func accountsUp(_ environment: [String: String]) -> Self { Self(environment: environment) }

    /// With a gateway, for stations that are really there.
    static var networkUp: Self { networkUp([:]) }

    static func networkUp(_ environment: [String: String]) -> Self {
        Self(environment: environment, hasGateway: true)
    }

    /// With the account of ADMIN_EMAIL.
    static var accountsUpWithAdministrator: Self {
        Self(environment: [
            "ADMIN_EMAIL": AccountsUp.administrator.email,
            "ADMIN_PASSWORD": AccountsUp.administrator.password,
        ])
    }
}
