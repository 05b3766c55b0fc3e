import Bus
import Contracts
import Core
import HTTP
import Hosting
import Postgres

struct SitePath: Codable, Sendable {
    var id: ID<Site>
}

struct SiteQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var status: SiteStatus?
    var lat: Double?
    var lng: Double?
    /// Kilometres, along the globe.
    var radius: Double?
    var max_price: Int64?
    var open_now: Bool?
    var connector_type: Loosely<ConnectorType>?
    var q: String?
}

extension Accounts {
    @RouteTable var siteRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/stations", listSites).failing("Failed to get stations")
            .summary("Stations, page by page").open
        Route(.post, "/api/v1/stations", enterSite).failing("Failed to create station")
            .summary("A new station").needs(.power)
        Route(.get, "/api/v1/stations/:id", showSite).failing("Failed to get station")
            .summary("A station with its ports").open
        Route(.put, "/api/v1/stations/:id", replaceSite).failing("Failed to update station")
            .summary("Change a station").needs(.power)
        Route(.patch, "/api/v1/stations/:id", changeSite).failing("Failed to update station")
            .summary("Change a station").needs(.power)
        Route(.delete, "/api/v1/stations/:id", hideSite).failing("Failed to delete station")
            .summary("Hide a station").needs(.power)
        Route(.get, "/api/v1/locations", showLocations).failing("Failed to get locations")
            .summary("Stations with their charge points").needs(.user)
    }

    /// The minute of the day by the clocks of the platform.
    private var minuteOfDay: Int { TimeOfDay(of: host.clock.now, in: host.settings.jobsZone).minutes }

    func listSites(_ call: Call<None, SiteQuery, None>) async throws -> PagedList<StationBody> {
        let (query, viewer, now, minute) = (call.query, Viewer(call.caller), host.clock.now, minuteOfDay)
        var filter = SiteFilter(status: query.status, text: query.q, mostPrice: query.max_price)
        filter.pricedAt = TimeOfDay(of: now, in: host.settings.tariffZone).minutes
        switch (query.lat, query.lng, query.radius) {
        case (nil, nil, nil): break
        case (let lat?, let lng?, let radius?): filter.around = (lat, lng, radius)
        default: throw SiteRefusal.positionIncomplete
        }
        filter.connectorType = query.connector_type?.word.rawValue
        if query.open_now == true { filter.openAt = minute }
        let (database, currency) = (host.database, host.settings.currency)
        return try await PagedList(query) {
            Int(try await database.run(.countSites(filter, for: viewer, at: now)))
        } rows: { cut in
            try await database.run(
                .sites(
                    filter, for: viewer, at: now, limit: cut.limit, offset: cut.offset,
                    descending: cut.order == .descending)
            ).map { $0.body(at: minute, in: currency) }
        }
    }

    func showSite(_ call: Call<SitePath, None, None>) async throws -> OK<StationWithPorts> {
        OK(try await siteBody(call.path.id.number, for: call.caller))
    }

    private func siteBody(_ id: Int64, for caller: Caller?) async throws -> StationWithPorts {
        let viewer = Viewer(caller)
        guard let row = try await host.database.run(.site(id, for: viewer, at: host.clock.now)) else {
            throw SiteRefusal.noSuchSite
        }
        let ports = try await portBodies(PortFilter(site: id), for: viewer)
        return StationWithPorts(
            station: row.body(at: minuteOfDay, in: host.settings.currency), ports: ports)
    }

    func enterSite(_ call: Call<None, None, StationInput>) async throws -> Created<StationWithPorts> {
        let site = try ConfiguredSite(call.body)
        let (host, caller, request) = (host, call.identified, call.request)
        let id = try await host.database.transaction { transaction in
            let now = host.clock.now
            let id = try await transaction.run(.enter(site, at: now))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "CREATE_STATION", by: caller.user, ["station_id": .integer(id)], from: request),
                    in: .accounts, at: now))
            return id
        }
        return Created(try await siteBody(id, for: caller))
    }

    func changeSite(_ call: Call<SitePath, None, StationInput>) async throws -> OK<StationWithPorts> {
        try await storeSite(call) { known throws(SiteRefusal) in
            var next = known
            try next.apply(call.body)
            return next
        }
    }

    func replaceSite(_ call: Call<SitePath, None, StationInput>) async throws -> OK<StationWithPorts> {
        try await storeSite(call) { _ throws(SiteRefusal) in try ConfiguredSite(call.body) }
    }

    private func storeSite(
        _ call: Call<SitePath, None, StationInput>,
        _ change: @escaping @Sendable (ConfiguredSite) throws(SiteRefusal) -> ConfiguredSite
    ) async throws -> OK<StationWithPorts> {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id)
        let event = try await host.database.transaction { transaction -> PriceChanged? in
            guard let known = try await transaction.run(.holdSite(id.number)) else {
                throw SiteRefusal.noSuchSite
            }
            let next = try change(known)
            try await transaction.run(.store(next, as: id.number))
            let now = host.clock.now
            try await transaction.run(
                .record(
                    AuditEntry(
                        "UPDATE_STATION", by: caller.user, ["station_id": .integer(id.number)], from: request),
                    in: .accounts, at: now))
            guard next.pricePerKWh != known.pricePerKWh else { return nil }
            let event = PriceChanged(site: id, port: nil, at: now)
            try await transaction.run(.announce(event))
            return event
        }
        if let event { host.bus.publish(event) }
        return OK(try await siteBody(id.number, for: caller))
    }

    func hideSite(_ call: Call<SitePath, None, None>) async throws -> NoContent {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id.number)
        try await host.database.transaction { transaction in
            guard try await transaction.run(.holdSite(id)) != nil else { throw SiteRefusal.noSuchSite }
            if try await transaction.run(.hasPoints(site: id)) { throw SiteRefusal.siteHasPoints }
            let now = host.clock.now
            try await transaction.run(.hideSite(id, at: now))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "DELETE_STATION", by: caller.user, ["station_id": .integer(id)], from: request),
                    in: .accounts, at: now))
        }
        return NoContent()
    }
}
