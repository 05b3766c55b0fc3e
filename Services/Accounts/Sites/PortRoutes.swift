import Bus
import Contracts
import Core
import Crypto
import Documents
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Sites

struct PortPath: Codable, Sendable {
    var id: ID<Port>
}

struct PortQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var station_id: Int64?
    var charge_point_id: String?
    var status: Loosely<PortStatus>?
    var connector_type: Loosely<ConnectorType>?
}

/// A new port, or what changes of one.
struct PortInput: Codable, Sendable {
    var charge_point_id: String?
    var connector_id: Whole<1, 99>?
    var max_power: Whole<1, 1_000_000>?
    var connector_type: ConnectorType?
    var current_type: CurrentType?
    var price_per_kwh: Patch<Whole<0, 100_000>>
    var is_active: Bool?
    /// `Available`, `Maintenance`, `Faulty`, in any case.
    var status: String?
}

/// The live part of a port.
struct PortLive: Codable, Sendable {
    var id: Int64
    var status: PortStatus
    var ocpp_status: String
    var state: ShownState
    var is_online: Bool
    var status_time: Date
}

struct StartCodeQuery: Codable, Sendable {
    enum Format: String, Codable, CaseIterable, Sendable { case svg, json }

    var format: Format?
}

struct StartCodeBody: Codable, Sendable {
    var qr_code: String
}

extension Accounts {
    @RouteTable var portRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/ports", listPorts).failing("Failed to get ports")
            .summary("Connectors, page by page").open
        Route(.post, "/api/v1/ports", enterPort).failing("Failed to create port")
            .summary("A new connector").needs(.user)
        Route(.get, "/api/v1/stations/:id/ports", listSitePorts).failing("Failed to get ports")
            .summary("Connectors of a station").open
        Route(.post, "/api/v1/stations/:id/ports", enterSitePort).failing("Failed to create port")
            .summary("A new connector at a station").needs(.power)
        Route(.get, "/api/v1/ports/:id", showPort).failing("Failed to get port").summary("One connector").open
        Route(.put, "/api/v1/ports/:id", changePort).failing("Failed to update port")
            .summary("Change a connector").needs(.user)
        Route(.patch, "/api/v1/ports/:id", changePort).failing("Failed to update port")
            .summary("Change a connector").needs(.user)
        Route(.delete, "/api/v1/ports/:id", hidePort).failing("Failed to delete port")
            .summary("Hide a connector").needs(.user)
        Route(.get, "/api/v1/ports/:id/status", showPortStatus).failing("Failed to get port")
            .summary("What a connector does now").open
        Route(.get, "/api/v1/ports/:id/qr", showStartCode).failing("Failed to get QR code")
            .summary("What a driver's camera is pointed at, to start here").needs(.user)
    }

    func portRows(_ filter: PortFilter, for viewer: Viewer) async throws -> [PortRow] {
        let now = host.clock.now
        let minute = TimeOfDay(of: now, in: host.settings.tariffZone).minutes
        let rows = try await host.database.run(.ports(filter, for: viewer, at: now, minute: minute))
        // The shown status is made of several tables and a table of words, so it is chosen here.
        guard let status = filter.status else { return rows }
        return rows.filter { $0.status == status }
    }

    func portBodies(_ filter: PortFilter, for viewer: Viewer) async throws -> [PortBody] {
        try await portRows(filter, for: viewer).map { $0.body(for: viewer, in: host.settings.currency) }
    }

    private func filter(_ query: PortQuery, site: Int64? = nil) -> PortFilter {
        PortFilter(
            site: site ?? query.station_id, point: query.charge_point_id, type: query.connector_type?.word,
            status: query.status?.word)
    }

    func listPorts(_ call: Call<None, PortQuery, None>) async throws -> PagedList<PortBody> {
        let bodies = try await portBodies(filter(call.query), for: Viewer(call.caller))
        return PagedList(call.query.order == .ascending ? bodies : bodies.reversed(), call.query)
    }

    func listSitePorts(_ call: Call<SitePath, PortQuery, None>) async throws -> PagedList<PortBody> {
        let (viewer, site) = (Viewer(call.caller), call.path.id.number)
        guard try await host.database.run(.site(site, for: viewer, at: host.clock.now)) != nil else {
            throw SiteRefusal.noSuchSite
        }
        let bodies = try await portBodies(filter(call.query, site: site), for: viewer)
        return PagedList(call.query.order == .ascending ? bodies : bodies.reversed(), call.query)
    }

    private func portRow(_ id: ID<Port>, for viewer: Viewer) async throws -> PortRow {
        guard let row = try await portRows(PortFilter(port: id.number), for: viewer).first else {
            throw SiteRefusal.noSuchConnector
        }
        return row
    }

    func showPort(_ call: Call<PortPath, None, None>) async throws -> OK<PortBody> {
        let viewer = Viewer(call.caller)
        return OK(
            try await portRow(call.path.id, for: viewer).body(for: viewer, in: host.settings.currency))
    }

    func showPortStatus(_ call: Call<PortPath, None, None>) async throws -> OK<PortLive> {
        let viewer = Viewer(call.caller)
        let row = try await portRow(call.path.id, for: viewer)
        let body = row.body(for: viewer, in: host.settings.currency)
        return OK(
            PortLive(
                id: body.id, status: body.status, ocpp_status: row.connector.status ?? "Unknown",
                state: body.state, is_online: body.is_online, status_time: row.connector.since ?? .never))
    }

    func showStartCode(
        _ call: Call<PortPath, StartCodeQuery, None>
    ) async throws -> OneOf<Download<DrawingFile>, OK<StartCodeBody>> {
        let viewer = Viewer(call.caller)
        let row = try await portRow(call.path.id, for: viewer)
        guard viewer.mayRun(ofOwner: row.owner) else {
            throw row.accessLevel == 0 ? SiteRefusal.notYours : .noSuchConnector
        }
        let code = StartCode(of: call.path.id, codes).text
        if call.query.format == .json { return .second(OK(StartCodeBody(qr_code: code))) }
        guard let picture = QRCode(code) else { throw SiteRefusal.noSuchConnector }
        return .first(Download(Array(picture.svg.utf8)))
    }

    func enterPort(_ call: Call<None, None, PortInput>) async throws -> Created<PortBody> {
        let change = ChangePort(accounts: self, caller: call.identified, request: call.request)
        return Created(try await change.enter(call.body, on: call.body.charge_point_id))
    }

    func enterSitePort(_ call: Call<SitePath, None, PortInput>) async throws -> Created<PortBody> {
        let viewer = Viewer(call.caller)
        let filter = ChargePointFilter(site: call.path.id.number)
        let points = try await host.database.run(
            .chargePoints(filter, for: viewer, at: host.clock.now)
        ).map(\.id)
        let point: String
        if let named = call.body.charge_point_id {
            guard points.contains(named) else { throw SiteRefusal.noSuchPoint }
            point = named
        } else {
            guard points.count == 1 else { throw SiteRefusal.notOneChargePoint }
            point = points[0]
        }
        let change = ChangePort(accounts: self, caller: call.identified, request: call.request)
        return Created(try await change.enter(call.body, on: point))
    }

    func changePort(_ call: Call<PortPath, None, PortInput>) async throws -> OK<PortBody> {
        let change = ChangePort(accounts: self, caller: call.identified, request: call.request)
        return OK(try await change.store(call.body, as: call.path.id))
    }

    func hidePort(_ call: Call<PortPath, None, None>) async throws -> NoContent {
        let change = ChangePort(accounts: self, caller: call.identified, request: call.request)
        try await change.hide(call.path.id)
        return NoContent()
    }
}
