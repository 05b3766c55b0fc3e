import Contracts
import Core
import HTTP
import Hosting
import Postgres
import Sites

struct ConfigurationQuery: Codable, Sendable {
    /// `a,b`; all without it.
    var keys: String?
    /// What was stored after the last boot, whether the station is here or not.
    var cached: Bool?
}

struct ConfigurationEntry: Codable, Sendable {
    var key: String
    @OrNull var value: String?
    var readonly: Bool

    /// A station that shows its password is not repeated.
    var masked: Self {
        guard key.lowercased() == "authorizationkey" else { return self }
        var copy = self
        copy.value = nil
        return copy
    }
}

struct ConfigurationBody: Codable, Sendable {
    var configuration: [ConfigurationEntry]
    var unknown: [String]
}

struct ConfigurationChange: Codable, Sendable {
    var key: Text<1, 50>
    var value: Text<0, 500>
}

struct ChangedConfiguration: Codable, Sendable {
    var key: String
    var value: String
    var status: String
}

extension Accounts {
    @RouteTable var configurationRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/charge-points/:id/configuration", showConfiguration)
            .failing("Failed to get configuration").summary("The configuration of a charge point")
            .within(.seconds(14)).needs(.user)
        Route(.patch, "/api/v1/charge-points/:id/configuration", changeConfiguration)
            .failing("Failed to change configuration").summary(
                "Change one key of a charge point's configuration"
            )
            .within(.seconds(14)).limited(by: .commands).needs(.user)
    }

    func showConfiguration(_ call: Call<PointPath, ConfigurationQuery, None>) async throws -> OK<
        ConfigurationBody
    > {
        let desk = StationDesk(
            accounts: self, id: call.path.id, caller: call.identified, request: call.request)
        _ = try await desk.point()
        let keys = (call.query.keys ?? "").split(separator: ",").map { String($0).trimmed }.filter {
            !$0.isEmpty
        }
        guard call.query.cached != true else {
            let kept = try await host.database.run(.keptConfiguration(of: call.path.id))?.entries ?? []
            let shown = kept.filter { entry in
                keys.isEmpty || keys.contains { $0.lowercased() == entry.key.lowercased() }
            }
            let unknown = keys.filter { key in !kept.contains { $0.key.lowercased() == key.lowercased() } }
            return OK(ConfigurationBody(configuration: shown.map(\.masked), unknown: unknown))
        }
        let wish: JSONValue = keys.isEmpty ? [:] : ["key": .array(keys.map { .string($0) })]
        let answer = try await desk.ask("GetConfiguration", wish)
        let told = try JSONReader.decode(ToldConfiguration.self, from: JSONWriter.encode(answer), rules: .api)
        return OK(
            ConfigurationBody(
                configuration: (told.configurationKey ?? []).map(\.masked), unknown: told.unknownKey ?? []))
    }

    /// For the owner and administrators: a wrong key can take a station off the net.
    func changeConfiguration(
        _ call: Call<PointPath, None, ConfigurationChange>
    ) async throws -> OK<ChangedConfiguration> {
        let desk = StationDesk(
            accounts: self, id: call.path.id, caller: call.identified, request: call.request)
        let point = try await desk.point()
        guard call.identified.isAdmin || point.owner == call.identified.user else {
            throw SiteRefusal.notYours
        }
        let (key, value) = (call.body.key.text, call.body.value.text)
        try await desk.audit("CHANGE_CONFIGURATION", ["key": .string(key)])
        let status = try await desk.status(
            of: "ChangeConfiguration", ["key": .string(key), "value": .string(value)],
            wanting: ["Accepted", "RebootRequired"])
        return OK(ChangedConfiguration(key: key, value: value, status: status))
    }
}

/// The answer to GetConfiguration.
private struct ToldConfiguration: Codable {
    var configurationKey: [ConfigurationEntry]?
    var unknownKey: [String]?
}

private struct KeptConfiguration: Row, Sendable {
    var entries: [ConfigurationEntry]

    static let columns = "configuration"

    init(_ cells: inout Cells) throws { entries = try cells.next(json: [ConfigurationEntry].self) }
}

extension Query where Result == KeptConfiguration? {
    fileprivate static func keptConfiguration(of point: String) -> Self {
        """
        SELECT \(columns: KeptConfiguration.self) FROM gateway_view.station_configuration
        WHERE charge_point_id = \(point)
        """
    }
}
