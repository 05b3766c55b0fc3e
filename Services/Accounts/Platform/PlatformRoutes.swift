import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Lifecycle
import Postgres

struct SettingPath: Codable, Sendable {
    var name: String
}

struct SettingBody: Codable, Sendable {
    var name: String
    var value: JSONValue
    var updated_at: Date
}

extension SettingBody: RowDecodable {
    init(_ cells: inout Cells) throws {
        name = try cells.next()
        value = try cells.next(json: JSONValue.self)
        updated_at = try cells.next()
    }
}

struct Alive: Codable, Sendable {
    var success: Bool
    var message: String
    var timestamp: Date
    var version: String
}

extension Accounts {
    @RouteTable var platformRoutes: [GuardedRoute] {
        Route(.get, "/api/health", showHealth).summary("Whether the API answers").open
        Route(.get, "/api/v1/openapi.json", showDocument).summary("This document").open
        Route(.get, "/api/v1/docs", showPage).summary("This document, for people").open
        Route(.get, "/.well-known/jwks.json", showKeys).summary("Public keys of access tokens").open
        Route(.get, "/api/v1/config/:name", showSetting).failing("Failed to get config")
            .summary("A public setting of the platform").open
        Route(.put, "/api/v1/config/:name", storeSetting).failing("Failed to update config")
            .summary("Change a public setting").taking(bytes: 65_536).needs(.admin)
        Route(.get, "/api/v1/config", listSettings).failing("Failed to get config")
            .summary("All settings of the platform").needs(.admin)
    }

    func showHealth(_ call: Call<None, None, None>) async throws -> OK<Alive> {
        OK(
            Alive(
                success: true, message: "VoltBus is running", timestamp: host.clock.now,
                version: Program.version))
    }

    /// The parts that the four services wrote at their start, as one document.
    func showDocument(_ call: Call<None, None, None>) async throws -> OK<JSONValue> {
        let parts = try await host.database.run(.apiParts)
        return OK(OpenAPI.document(title: "VoltBus", version: Program.version, parts: parts.map(\.part)))
    }

    func showPage(_ call: Call<None, None, None>) async throws -> HTML { docs.html }

    func showKeys(_ call: Call<None, None, None>) async throws -> Cacheable<JSONWebKeySet> {
        let keys = try await host.database.run(.publishedKeys)
        let set = JSONWebKeySet(
            try keys.map { JSONWebKey(try VerifyingKey($0.bytes.bytes), kid: $0.kid) })
        return Cacheable(set, seconds: 300)
    }

    private var publicSettings: Set<String> { Set(settings.publicConfig) }

    func showSetting(_ call: Call<SettingPath, None, None>) async throws -> OK<JSONValue> {
        guard publicSettings.contains(call.path.name),
            let setting = try await host.database.run(.setting(call.path.name))
        else { throw AccountsRefusal.noSuchSetting }
        return OK(setting.value)
    }

    func storeSetting(_ call: Call<SettingPath, None, JSONValue>) async throws -> OK<JSONValue> {
        let (host, name, value, caller) = (host, call.path.name, call.body, call.identified)
        guard publicSettings.contains(name) else { throw AccountsRefusal.noSuchSetting }
        guard case .object = value else {
            throw AccountsRefusal.invalid(field: "non_field_errors", "must be an object")
        }
        try await host.database.transaction { transaction in
            let now = host.clock.now
            try await transaction.run(.store(setting: name, value, at: now))
            try await transaction.run(
                .record(
                    AuditEntry("UPDATE_CONFIG", by: caller.user, ["name": .string(name)], from: call.request),
                    in: .accounts, at: now))
        }
        host.bus.publish(SettingChanged(name))
        return OK(value)
    }

    func listSettings(_ call: Call<None, PageQuery, None>) async throws -> PagedList<SettingBody> {
        PagedList(try await host.database.run(.settings), call.query)
    }
}

/// 200 with a body that everybody may keep for a while.
struct Cacheable<Body: Codable & Sendable>: Reply {
    let body: Body
    let seconds: Int

    init(_ body: Body, seconds: Int) {
        self.body = body
        self.seconds = seconds
    }

    static var status: Status { .ok }
    static var content: (type: String, schema: JSONSchema)? { ("application/json", .of(Body.self)) }
    var response: Response {
        var response = Response.json(.ok, body)
        response.headers["Cache-Control"] = "public, max-age=\(seconds)"
        return response
    }
}

private struct APIPart: Row {
    var part: OpenAPI.Part

    static let columns = "part"

    init(_ cells: inout Cells) throws {
        part = try cells.next(json: OpenAPI.Part.self)
    }
}

extension Query where Result == [APIPart] {
    fileprivate static var apiParts: Self {
        """
        SELECT part FROM accounts_view.api_part
        UNION ALL SELECT part FROM billing_view.api_part
        UNION ALL SELECT part FROM gateway_view.api_part
        UNION ALL SELECT part FROM reporting_view.api_part
        """
    }
}

extension Query where Result == SettingBody? {
    fileprivate static func setting(_ name: String) -> Self {
        "SELECT name, value, updated_at FROM accounts.setting WHERE name = \(name)"
    }
}

extension Query where Result == [SettingBody] {
    fileprivate static var settings: Self {
        "SELECT name, value, updated_at FROM accounts.setting ORDER BY name LIMIT 1000"
    }
}

extension Query where Result == Void {
    fileprivate static func store(setting name: String, _ value: JSONValue, at now: Date) -> Self {
        """
        INSERT INTO accounts.setting (name, value, updated_at) VALUES (\(name), \(json: value), \(now))
        ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
        """
    }

    /// What exists from the first start and is never overwritten by a later one.
    static func offer(setting name: String, _ value: JSONValue, at now: Date) -> Self {
        """
        INSERT INTO accounts.setting (name, value, updated_at) VALUES (\(name), \(json: value), \(now))
        ON CONFLICT (name) DO NOTHING
        """
    }
}
