import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

typealias LotPath = ByID<ParkingLot>

struct SpotPath: Codable, Sendable {
    var id: ID<ParkingLot>
    var number: Int32
}

extension Accounts {
    @RouteTable var lotRoutes: [GuardedRoute] {
        Route(.post, "/api/admin/pkl/create", enterLot).failing("Failed to create parking lot")
            .summary("A new parking lot with its spots").needs(.admin)
        Route(.post, "/api/admin/pkl/update/:id", changeLot).failing("Failed to update parking lot")
            .summary("Change a parking lot").needs(.admin)
        Route(.put, "/api/admin/pkl/update/:id", changeLot).failing("Failed to update parking lot")
            .summary("Change a parking lot").needs(.admin)
        Route(.patch, "/api/admin/pkl/update/:id", changeLot).failing("Failed to update parking lot")
            .summary("Change a parking lot").needs(.admin)
        Route(.delete, "/api/admin/pkl/delete/:id", hideLot).failing("Failed to delete parking lot")
            .summary("Hide an empty parking lot").needs(.admin)
        Route(.get, "/api/admin/pkl/list", listLots).failing("Failed to get parking lots")
            .summary("All parking lots").needs(.admin)
        Route(.get, "/api/admin/pkl/:id", showLot).failing("Failed to get parking lot")
            .summary("A parking lot with its spots").needs(.admin)
        Route(.patch, "/api/admin/pkl/:id/spots/:number", connectSpot).failing(
            "Failed to update parking spot"
        )
        .summary("Say which connector stands at a spot").needs(.admin)
        Route(.get, "/api/user/pkl/list", listActiveLots).failing("Failed to get parking lots")
            .summary("Parking lots that are in use").needs(.user)
    }

    func listLots(_ call: Call<None, PageQuery, None>) async throws -> PagedList<LotBody> {
        try await lots(onlyActive: false, call.query, call.identified)
    }

    func listActiveLots(_ call: Call<None, PageQuery, None>) async throws -> PagedList<LotBody> {
        try await lots(onlyActive: true, call.query, call.identified)
    }

    private func lots(onlyActive: Bool, _ query: PageQuery, _ caller: Caller) async throws -> PagedList<
        LotBody
    > {
        let (host, currency) = (host, host.settings.currency)
        return try await PagedList(query) {
            try await host.cache.remembered(.parkingLots, "count \(onlyActive)", for: caller) {
                Int(try await host.database.run(.countLots(onlyActive: onlyActive)))
            }
        } rows: { cut in
            let key = "lots \(onlyActive) \(cut.limit) \(cut.offset) \(cut.order.rawValue)"
            return try await host.cache.remembered(.parkingLots, key, for: caller) {
                try await host.database.run(.lots(onlyActive: onlyActive, cut)).map { $0.body(in: currency) }
            }
        }
    }

    func showLot(_ call: Call<LotPath, None, None>) async throws -> OK<LotBody> {
        let id = call.path.id
        return OK(
            try await host.cache.remembered(
                .parkingSpots, "lot \(id)", for: call.identified, about: id.number
            ) {
                try await lot(id, withSpots: true)
            })
    }

    private func lot(_ id: ID<ParkingLot>, withSpots: Bool = false) async throws -> LotBody {
        guard let lot = try await host.database.run(.lot(id)) else { throw ParkingRefusal.noSuchLot }
        let spots = withSpots ? try await host.database.run(.spots(of: id)).map(\.body) : nil
        return lot.body(spots, in: host.settings.currency)
    }

    func enterLot(_ call: Call<None, None, LotInput>) async throws -> Created<LotBody> {
        let (host, caller, request, body) = (host, call.identified, call.request, call.body)
        try body.checkWhole()
        let lot = try LotRow(body, at: host.clock.now)
        let id = try await storingConnector {
            try await host.database.transaction { transaction in
                try await transaction.checkSite(of: body)
                let id = try await transaction.run(.enter(lot))
                try await transaction.run(.addSpots(to: id, upTo: body.number_of_spots?.number ?? 1))
                try await transaction.connect(body.spots ?? [], of: id)
                try await transaction.run(.audit("CREATE_LOT", id, by: caller, request, at: lot.createdAt))
                return id
            }
        }
        await lotChanged(id)
        return Created(try await self.lot(id, withSpots: true))
    }

    func changeLot(_ call: Call<LotPath, None, LotInput>) async throws -> OK<LotBody> {
        let (host, caller, request, body, id) = (host, call.identified, call.request, call.body, call.path.id)
        try await storingConnector {
            try await host.database.transaction { transaction in
                let now = host.clock.now
                guard try await transaction.run(.holdLot(id)) != nil,
                    var lot = try await transaction.run(.lot(id))
                else { throw ParkingRefusal.noSuchLot }
                try lot.apply(body, at: now)
                try await transaction.checkSite(of: body)
                try await transaction.run(.store(lot))
                if let size = body.number_of_spots?.number {
                    try await transaction.resize(id, to: size, at: now)
                }
                try await transaction.connect(body.spots ?? [], of: id)
                try await transaction.run(.audit("UPDATE_LOT", id, by: caller, request, at: now))
            }
        }
        await lotChanged(id)
        return OK(try await lot(id))
    }

    func hideLot(_ call: Call<LotPath, None, None>) async throws -> OK<LotBody> {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id)
        let deleted = try await host.database.transaction { transaction in
            guard try await transaction.run(.holdLot(id)) != nil,
                let lot = try await transaction.run(.lot(id))
            else { throw ParkingRefusal.noSuchLot }
            guard lot.occupied == 0 else { throw ParkingRefusal.lotNotEmpty }
            let now = host.clock.now
            let spots = try await transaction.run(.spots(of: id))
            try await transaction.run(.hide(spots.map(\.id), at: now))
            try await transaction.run(.hide(id, at: now))
            try await transaction.run(.audit("DELETE_LOT", id, by: caller, request, at: now))
            return lot
        }
        await lotChanged(id)
        return OK(deleted.body(in: host.settings.currency))
    }

    func connectSpot(_ call: Call<SpotPath, None, SpotChange>) async throws -> OK<SpotBody> {
        let (host, caller, request, body) = (host, call.identified, call.request, call.body)
        let (id, number) = (call.path.id, call.path.number)
        try await storingConnector {
            try await host.database.transaction { transaction in
                guard try await transaction.run(.holdLot(id)) != nil,
                    let spot = try await transaction.run(.spots(of: id)).first(where: { $0.number == number })
                else { throw ParkingRefusal.noSuchSpot }
                let point = body.charge_point_id.map(\.text).applied(to: spot.point)
                let connector = body.connector_id.map { Int32($0.number) }.applied(to: spot.connector)
                try await transaction.connect(spot.id, to: point, connector)
                try await transaction.run(.audit("UPDATE_LOT", id, by: caller, request, at: host.clock.now))
            }
        }
        await lotChanged(id)
        guard let spot = try await host.database.run(.spots(of: id)).first(where: { $0.number == number })
        else { throw ParkingRefusal.noSuchSpot }
        return OK(spot.body)
    }

    private func storingConnector<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as DatabaseError
            where error.violatesUnique("parking_spot_connector")
        {
            throw ParkingRefusal.connectorTaken
        }
    }
}

extension Transaction {
    fileprivate func checkSite(of input: LotInput) async throws {
        guard case .value(let site) = input.station_id, try await run(.holdSite(site.number)) == nil else {
            return
        }
        throw ParkingRefusal.invalid(field: "station_id", "is unknown")
    }

    /// More: the missing numbers come. Fewer: the highest free ones go. Throws: `ParkingRefusal.tooFewFree`.
    fileprivate func resize(_ lot: ID<ParkingLot>, to size: Int, at now: Date) async throws {
        let spots = try await run(.spots(of: lot))
        guard size < spots.count else { return try await run(.addSpots(to: lot, upTo: size)) }
        let gone = spots.filter { !$0.isOccupied }.suffix(spots.count - size)
        guard gone.count == spots.count - size else { throw ParkingRefusal.tooFewFree }
        try await run(.hide(gone.map(\.id), at: now))
    }

    fileprivate func connect(_ inputs: [SpotInput], of lot: ID<ParkingLot>) async throws {
        guard !inputs.isEmpty else { return }
        let spots = try await run(.spots(of: lot))
        for input in inputs {
            guard let spot = spots.first(where: { Int($0.number) == input.number.number }) else {
                throw ParkingRefusal.invalid(field: "spots", "name a number that the lot does not have")
            }
            try await connect(
                spot.id, to: input.charge_point_id?.text, input.connector_id.map { Int32($0.number) })
        }
    }

    fileprivate func connect(_ spot: ID<ParkingSpot>, to point: String?, _ connector: Int32?) async throws {
        switch (point, connector) {
        case (nil, nil): break
        case (let point?, let connector?):
            guard try await run(.hasConnector(point, connector)) else {
                throw ParkingRefusal.invalid(field: "connector_id", "is unknown")
            }
        default:
            throw ParkingRefusal.invalid(
                field: "non_field_errors", "charge_point_id and connector_id belong together")
        }
        try await run(.connect(spot, to: point, connector))
    }
}

extension Query where Result == Void {
    fileprivate static func audit(
        _ action: String, _ lot: ID<ParkingLot>, by caller: Caller, _ request: Request, at now: Date
    ) -> Self {
        .record(
            AuditEntry(action, by: caller.user, ["lot_id": .integer(lot.number)], from: request),
            in: .accounts, at: now)
    }
}
