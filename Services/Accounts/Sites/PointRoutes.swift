import Core
import HTTP
import Hosting
import Postgres
import Sites

/// The identity of a charge point in a path.
struct PointPath: Codable, Sendable {
    var id: String
}

struct PointQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var mine: Bool?
    var station_id: Int64?
    var connection_status: ChargePointBody.ConnectionStatus?
    var q: String?
    var show_deleted: Bool?
}

struct SearchPath: Codable, Sendable {
    var search: String
}

/// A new charge point and how its station connects.
struct EnteredPoint: Codable, Sendable {
    let point: ChargePointBody
    let connection: EnterChargePoint.Connection

    private enum CodingKeys: CodingKey {
        case connection
    }

    init(point: ChargePointBody, connection: EnterChargePoint.Connection) {
        self.point = point
        self.connection = connection
    }

    init(from decoder: any Decoder) throws {
        point = try ChargePointBody(from: decoder)
        connection = try decoder.container(keyedBy: CodingKeys.self).decode(
            EnterChargePoint.Connection.self, forKey: .connection)
    }

    func encode(to encoder: any Encoder) throws {
        try point.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(connection, forKey: .connection)
    }
}

/// A freshly made connection password, shown this once.
struct FreshPassword: Codable, Sendable {
    var username: String
    var password: String
}

struct PasswordInput: Codable, Sendable {
    var password: Verbatim<8, 40>?
}

extension Accounts {
    @RouteTable var pointRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/chp", showPoints).summary("Charge points that the caller may see").needs(.user)
        Route(.get, "/api/v1/chp/:search", searchPoints).summary("Charge points by a text").needs(.user)
        Route(.get, "/api/v1/point/:id", showPoint).failing("Failed to get charge point")
            .summary("One charge point").needs(.user)
        Route(.post, "/api/v1/point/:id", changePoint).failing("Failed to update charge point")
            .summary("Change a charge point").needs(.user)
        Route(.get, "/api/v1/charge-points", listPoints).failing("Failed to get charge points")
            .summary("Charge points, page by page").open
        Route(.post, "/api/v1/charge-points", enterPoint).failing("Failed to create charge point")
            .summary("Register a charge point").needs(.user)
        Route(.get, "/api/v1/charge-points/:id", showOpenPoint).failing("Failed to get charge point")
            .summary("One charge point").open
        Route(.put, "/api/v1/charge-points/:id", changePoint).failing("Failed to update charge point")
            .summary("Change a charge point").needs(.user)
        Route(.patch, "/api/v1/charge-points/:id", changePoint).failing("Failed to update charge point")
            .summary("Change a charge point").needs(.user)
        Route(.delete, "/api/v1/charge-points/:id", hidePoint).failing("Failed to delete charge point")
            .summary("Hide a charge point").needs(.user)
        Route(.post, "/api/v1/charge-points/:id/password", renewPassword)
            .failing("Failed to set password").summary("A new connection password").needs(.user)
    }

    func showPoints(_ call: Call<None, CutQuery, None>) async throws -> Listed<ChargePointBody> {
        try await listed(ChargePointFilter(), call.query, Viewer(call.caller), call.request)
    }

    func searchPoints(_ call: Call<SearchPath, CutQuery, None>) async throws -> Listed<ChargePointBody> {
        let filter = ChargePointFilter(text: call.path.search)
        return try await listed(filter, call.query, Viewer(call.caller), call.request)
    }

    private func listed(
        _ filter: ChargePointFilter, _ query: some PageParameters, _ viewer: Viewer, _ request: Request
    ) async throws -> Listed<ChargePointBody> {
        let now = host.clock.now
        return try await Listed(query, of: request) {
            Int(try await host.database.run(.countChargePoints(filter, for: viewer, at: now)))
        } rows: { cut in
            let rows = try await host.database.run(
                .chargePoints(filter, for: viewer, at: now, limit: cut.limit, offset: cut.offset))
            return try await bodies(rows, for: viewer)
        }
    }

    func listPoints(_ call: Call<None, PointQuery, None>) async throws -> PagedList<ChargePointBody> {
        let (query, viewer, now) = (call.query, Viewer(call.caller), host.clock.now)
        var filter = ChargePointFilter(
            text: query.q, site: query.station_id, connection: query.connection_status)
        if query.mine == true {
            guard let caller = call.caller else { throw Problem(.unauthorized, "not authorized") }
            filter.owner = caller.user
        }
        if query.show_deleted == true {
            guard call.caller?.isAdmin == true else { throw SiteRefusal.notYours }
            filter.includesDeleted = true
        }
        return try await PagedList(query) {
            Int(try await host.database.run(.countChargePoints(filter, for: viewer, at: now)))
        } rows: { cut in
            let rows = try await host.database.run(
                .chargePoints(
                    filter, for: viewer, at: now, limit: cut.limit, offset: cut.offset,
                    descending: cut.order == .descending))
            return try await bodies(rows, for: viewer)
        }
    }

    func showPoint(_ call: Call<PointPath, None, None>) async throws -> OK<ChargePointBody> {
        let viewer = Viewer(call.caller)
        let row = try await chargePointRow(call.path.id, for: viewer)
        return OK(try await bodies([row], for: viewer)[0])
    }

    func showOpenPoint(_ call: Call<PointPath, None, None>) async throws -> OK<ChargePointBody> {
        try await showPoint(call)
    }

    func changePoint(_ call: Call<PointPath, None, ChargePointChange>) async throws -> OK<ChargePointBody> {
        let change = ChangeChargePoint(
            accounts: self, id: call.path.id, caller: call.identified, request: call.request)
        return OK(try await change.run(call.body))
    }

    func enterPoint(_ call: Call<None, None, ChargePointChange>) async throws -> Created<EnteredPoint> {
        let enter = EnterChargePoint(accounts: self, caller: call.identified, request: call.request)
        let (point, connection) = try await enter.run(call.body)
        return Created(EnteredPoint(point: point, connection: connection))
    }

    func hidePoint(_ call: Call<PointPath, None, None>) async throws -> NoContent {
        let hide = HideChargePoint(
            accounts: self, id: call.path.id, caller: call.identified, request: call.request)
        try await hide.run()
        return NoContent()
    }

    func renewPassword(_ call: Call<PointPath, None, PasswordInput>) async throws -> OK<FreshPassword> {
        let renew = RenewPassword(
            accounts: self, id: call.path.id, caller: call.identified, request: call.request)
        return OK(try await renew.run(call.body.password?.text))
    }
}
