import Bus
import Contracts
import Core
import Foundation
import HTTP
import Hosting
import Lifecycle
import Postgres
import ReportingService
import Settings
import Sockets
import Telemetry
import TestSupport
import Testing

/// The service as a process runs it, on the database and Redis of the test, asked over HTTP.
///
///     @Test(.reportingUp) func `counts a session`() async throws {
///         let up = ReportingUp.current
///         try await up.facts.end(Charge(1, at: "2026-10-31T23:00:00Z"))
///         try await up.caughtUp()
final class ReportingUp: Sendable {
    @TaskLocal private static var bound: ReportingUp?

    static var current: ReportingUp {
        guard let bound else { preconditionFailure("The test lacks the trait .reportingUp") }
        return bound
    }

    let facts: SessionFacts
    let rows: AccountsRows
    let clock: ManualClock
    /// Where mail ends up, since there is no mail server.
    let outbox: String
    /// Instances of one service: they share everything.
    let instances: [Reporting]
    private let lifetimes: [Lifetime]

    private init(instances count: Int, _ more: [String: String]) async throws {
        let clock = ManualClock()
        let outbox = "\(FileManager.default.temporaryDirectory.path)/outbox-\(UUID().uuidString)"
        self.outbox = outbox
        let environment = [
            "DATABASE_URL": try FreshDatabase.current.url(as: .reporting),
            "REDIS_URL": FreshRedis.current.url,
            "SECRET_KEY": "no secret at all, but more than thirty-two characters",
            "OUTBOX_FOLDER": outbox, "EXPORT_FOLDER": "\(outbox)/exports", "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": "0", "DATABASE_POOL_SIZE": "4",
            "LOG_LEVEL": "error", "REQUEST_TIMEOUT_SECONDS": "30", "BACKUP_FOLDER": "\(outbox)/backups",
            "STORAGE_FOLDER": "\(outbox)/files",
            "BACKUP_DATABASE_URL": try FreshDatabase.current.url(as: .backup),
        ]
        let settings = try ReportingSettings(environment: environment.merging(more) { _, other in other })
        self.clock = clock
        rows = try AccountsRows(at: clock.now)
        facts = try SessionFacts(at: clock)
        var instances: [Reporting] = []
        var lifetimes: [Lifetime] = []
        for _ in 0..<count {
            let readiness = Readiness()
            let host = try Host(
                .reporting, settings.host, readiness: readiness, clock: clock.clock, loops: TestLoops.shared)
            let reporting = Reporting(host, settings)
            let assembly = reporting.assembly
            let lifetime = Lifetime(assembly.parts, log: assembly.log)
            _ = try await lifetime.start()
            readiness.enter(.serving)
            instances.append(reporting)
            lifetimes.append(lifetime)
        }
        self.instances = instances
        self.lifetimes = lifetimes
        try await Wait.until { try await self.get("/api/v1/report/month").status == 401 }
    }

    private func stop() async {
        for lifetime in lifetimes { _ = await lifetime.stop(within: .seconds(5)) }
        try? FileManager.default.removeItem(atPath: outbox)  // No mail was sent: no folder.
    }

    static func serving(
        instances: Int, _ more: [String: String], _ body: () async throws -> Void
    ) async throws {
        let up = try await ReportingUp(instances: instances, more)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await $bound.withValue(up) { try await body() }) } catch {
            outcome = .failure(error)
        }
        await up.stop()
        try outcome.get()
    }

    /// The mails that were sent, by whom they are to; nobody has two.
    func mails() throws -> [String: String] {
        var mails: [String: String] = [:]
        for (to, text) in try letters() {
            #expect(mails[to] == nil, "\(to) has two mails")
            mails[to] = text
        }
        return mails
    }

    /// All mails that were sent.
    func letters() throws -> [(to: String, text: String)] {
        guard let files = FileManager.default.enumerator(atPath: outbox) else { return [] }
        return try files.compactMap { $0 as? String }.filter { $0.hasSuffix(".eml") }.map { file in
            let text = try String(contentsOfFile: "\(outbox)/\(file)", encoding: .utf8)
            let line = text.split(separator: "\r\n").first { $0.hasPrefix("To:") }
            let to = String(line?.split(separator: "<").last?.prefix { $0 != ">" } ?? "").replacing(
                "To: ", with: "")
            return (to, text)
        }
    }

    /// The files of exports.
    func exports() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(outbox)/exports").sorted()
    }

    /// Until everything that was announced has had its effect.
    func caughtUp() async throws {
        let reader = try FreshDatabase.current.database(as: .superuser)
        try await Wait.until {
            let unread: Int64 = try await reader.run(
                """
                SELECT (
                    SELECT count(*) FROM gateway.event_log AS event
                    WHERE NOT EXISTS (
                        SELECT FROM reporting.event_cursor AS cursor
                        WHERE cursor.source = 'gateway'
                            AND (cursor.transaction_id, cursor.sequence) >= (event.transaction_id, event.sequence))
                ) + (
                    SELECT count(*) FROM billing.event_log AS event
                    WHERE NOT EXISTS (
                        SELECT FROM reporting.event_cursor AS cursor
                        WHERE cursor.source = 'billing'
                            AND (cursor.transaction_id, cursor.sequence) >= (event.transaction_id, event.sequence))
                )
                """)
            return unread == 0
        }
    }

    /// Asks one instance, on a connection of its own.
    func get(_ target: String, as credential: String? = nil) async throws -> Answer {
        try await send(.get, target, as: credential)
    }

    func send(
        _ method: Method, _ target: String, _ body: String? = nil, as credential: String? = nil
    ) async throws -> Answer {
        let port = try #require(instances[0].host.port)
        let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
        let loop = TestLoops.shared.next()
        var headers = Headers()
        if let credential { headers.add("Authorization", "Bearer \(credential)") }
        if body != nil { headers.add("Content-Type", "application/json") }
        let sent = headers
        return try await Task(executorPreference: loop) {
            let client = try await HTTPClient.connect(to: address, on: loop)
            defer { client.close() }
            return Answer(
                try await client.send(method, target, headers: sent, body: Array((body ?? "").utf8)))
        }.value
    }

    /// A paged report as an administrator reads it.
    func items<Row: Decodable>(_ target: String, of type: Row.Type = Row.self) async throws -> [Row] {
        let answer = try await get(target, as: try await admin())
        try #require(answer.status == 200, "\(answer.text)")
        return try JSONReader.decode(PageOf<Row>.self, from: answer.body).items
    }

    /// The token of a new administrator.
    func admin() async throws -> String {
        try await rows.person("chief\(UInt32.random(in: .min ... .max))", role: "admin").token
    }

    /// A report as an operator reads it.
    func report<Row: Decodable>(_ target: String, of type: Row.Type = Row.self) async throws -> [Row] {
        let boss = try await rows.person("boss\(UInt32.random(in: .min ... .max))", role: "operator")
        let answer = try await get(target, as: boss.token)
        try #require(answer.status == 200, "\(answer.text)")
        return try JSONReader.decode([Row].self, from: answer.body)
    }
}

/// An answer as a test looks at it.
struct Answer: Sendable {
    let status: Int
    let headers: Headers
    let body: [UInt8]

    init(_ received: ReceivedResponse) {
        status = received.status
        headers = received.headers
        body = received.body
    }

    var text: String { String(decoding: body, as: UTF8.self) }
    var code: Int64? {
        if case .integer(let code)? = try? JSONReader.decode(JSONValue.self, from: body)["status_code"] {
            code
        } else {
            nil
        }
    }
}

/// A paged answer, of which a test looks at the items.
struct PageOf<Item: Decodable>: Decodable {
    var items: [Item]
}

// Rows as clients read them.

struct MonthLine: Codable, Equatable {
    var year: Int
    var month: Int
    var total: Int64
    var count: Int64
    var average: Double
    var amount: Int64
}

struct UserLine: Codable, Equatable {
    var user: String
    var username: String
    var total: Int64
    var count: Int64
    var average: Double
    var amount: Int64
}

struct ChargerLine: Codable, Equatable {
    var user: String
    var charge_point_id: String
    var total: Int64
    var count: Int64
    var average: Double
    var amount: Int64
}

/// Database, Redis and service of one test's own.
struct ReportingUpTrait: NearestTrait {
    let instances: Int
    let id = Unique()
    /// What the environment says beside, or otherwise.
    var environment: [String: String] = [:]

    func prepare(for test: Test) async throws {
        try await FreshDatabaseTrait.suite(as: .reporting).prepare(for: test)
        try await FreshRedisTrait.freshRedis.prepare(for: test)
    }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let (instances, environment) = (instances, environment)
        try await FreshDatabaseTrait.suite(as: .reporting).provideScope(for: test, testCase: testCase) {
            try await FreshRedisTrait.freshRedis.provideScope(for: test, testCase: testCase) {
                try await ReportingUp.serving(instances: instances, environment) { try await function() }
            }
        }
    }
}

extension Trait where Self == ReportingUpTrait {
    static var reportingUp: Self { Self(instances: 1) }

    static func reportingUp(instances: Int) -> Self { Self(instances: instances) }

    static func reportingUp(with environment: [String: String]) -> Self {
        Self(instances: 1, environment: environment)
    }
}
