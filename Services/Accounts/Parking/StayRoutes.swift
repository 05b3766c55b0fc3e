import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct StayQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var status: StayStatus?
}

struct ReleaseInput: Codable, Sendable {
    /// The oldest active one where none is named.
    var reservation_id: ID<ParkingReservation>?
}

struct AdminReleaseInput: Codable, Sendable {
    /// At no cost.
    var cancel: Bool?
}

typealias StayPath = ByID<ParkingReservation>

extension Accounts {
    @RouteTable var stayRoutes: [GuardedRoute] {
        Route(.get, "/api/admin/pkl/:id/reservations", listStaysOfLot).failing("Failed to get reservations")
            .summary("Who parks and parked in a lot").needs(.admin)
        Route(.post, "/api/admin/pkl/release/:id", releaseStay).failing("Failed to release parking spot")
            .summary("End somebody's stay, or cancel it at no cost").needs(.admin)
        Route(.post, "/api/user/pkl/book/:id", bookSpot).failing("Failed to book parking spot")
            .summary("Take a free spot").idempotent.needs(.user)
        Route(.post, "/api/user/pkl/release", releaseOwnStay).failing("Failed to release parking spot")
            .summary("Leave a spot").needs(.user)
        Route(.get, "/api/user/pkl/book/list", listOwnStays).failing("Failed to get reservations")
            .summary("The caller's parking, newest first").needs(.user)
    }

    func listStaysOfLot(_ call: Call<LotPath, StayQuery, None>) async throws -> PagedList<StayBody> {
        guard try await host.database.run(.lot(call.path.id)) != nil else { throw ParkingRefusal.noSuchLot }
        return try await stays(StayFilter(lot: call.path.id, status: call.query.status), call.query)
    }

    func listOwnStays(_ call: Call<None, StayQuery, None>) async throws -> PagedList<StayBody> {
        try await stays(StayFilter(user: call.identified.user, status: call.query.status), call.query)
    }

    private func stays(_ filter: StayFilter, _ query: StayQuery) async throws -> PagedList<StayBody> {
        let host = host
        return try await PagedList(query) {
            Int(try await host.database.run(.countStays(filter)))
        } rows: { cut in
            try await host.database.run(.stays(filter, cut)).map {
                $0.body(at: host.clock.now, in: host.settings.currency)
            }
        }
    }

    private func stay(_ id: ID<ParkingReservation>) async throws -> StayBody {
        guard let stay = try await host.database.run(.stay(id)) else { throw ParkingRefusal.noSuchStay }
        return stay.body(at: host.clock.now, in: host.settings.currency)
    }

    func bookSpot(_ call: Call<LotPath, None, StayInput>) async throws -> Created<StayBody> {
        let (host, user, body, id) = (host, call.identified.user, call.body, call.path.id)
        try body.check(at: host.clock.now)
        let stay = try await host.database.transaction { transaction in
            guard try await transaction.run(.holdLot(id)) != nil,
                let lot = try await transaction.run(.lot(id))
            else { throw ParkingRefusal.noSuchLot }
            let now = host.clock.now
            guard lot.isOpen(TimeOfDay(of: now, in: host.settings.jobsZone).minutes) else {
                throw ParkingRefusal.notOpen
            }
            let spots = try await transaction.run(.spots(of: id))
            if let number = body.spot_number, !spots.contains(where: { Int($0.number) == number }) {
                throw ParkingRefusal.invalid(field: "spot_number", "is unknown")
            }
            let wanted = spots.first { spot in
                spot.isFree(for: user) && body.spot_number.map { $0 == Int(spot.number) } ?? true
            }
            guard let spot = wanted else { throw ParkingRefusal.full }
            let charging = spot.chargingUser == user ? spot.charging : nil
            return try await transaction.run(
                .park(body, on: spot, by: user, rate: lot.pricePerHour, charging: charging, at: now))
        }
        await lotChanged(id)
        return Created(try await self.stay(stay))
    }

    func releaseOwnStay(_ call: Call<None, None, ReleaseInput>) async throws -> OK<StayBody> {
        let user = call.identified.user
        let chosen =
            if let id = call.body.reservation_id {
                try await host.database.run(.stay(id))
            } else {
                try await host.database.run(.oldestStay(of: user))
            }
        guard let chosen else {
            throw call.body.reservation_id == nil ? ParkingRefusal.nothingToRelease : .noSuchStay
        }
        guard chosen.user.number == user else { throw ParkingRefusal.noSuchStay }
        try await end(chosen.id)
        return OK(try await stay(chosen.id))
    }

    func releaseStay(_ call: Call<StayPath, None, AdminReleaseInput>) async throws -> OK<StayBody> {
        let (caller, request) = (call.identified, call.request)
        let isCancelled = call.body.cancel == true
        let details: JSONValue = [
            "parking_reservation_id": .integer(call.path.id.number), "cancel": .bool(isCancelled),
        ]
        let entry = AuditEntry("RELEASE_PARKING", by: caller.user, details, from: request)
        try await end(call.path.id, isCancelled: isCancelled, entry)
        return OK(try await stay(call.path.id))
    }

    /// Ends a stay once, and tells billing what it cost.
    ///
    /// Throws: `ParkingRefusal`.
    private func end(
        _ id: ID<ParkingReservation>, isCancelled: Bool = false, _ entry: AuditEntry? = nil
    ) async throws {
        let host = host
        let (lot, event) = try await host.database.transaction {
            transaction -> (ID<ParkingLot>, ParkingEnded?) in
            let now = host.clock.now
            guard let stay = try await transaction.run(.heldStay(id)) else { throw ParkingRefusal.noSuchStay }
            guard stay.status == .active else { throw ParkingRefusal.nothingToRelease }
            if let entry { try await transaction.run(.record(entry, in: .accounts, at: now)) }
            guard !isCancelled else {
                try await transaction.run(.leave(id, .cancelled, cost: 0, at: now))
                return (stay.lot, nil)
            }
            let cost = ParkingCost.of(now.duration(since: stay.parkedAt), hourlyRate: stay.hourlyRate)
            try await transaction.run(.leave(id, .completed, cost: cost, at: now))
            let event = ParkingEnded(
                id, lot: stay.lot, user: stay.user, cost: Money(cost, host.settings.currency),
                spot: stay.spotIdentifier, at: now)
            try await transaction.run(.announce(event))
            return (stay.lot, event)
        }
        if let event { host.bus.publish(event) }
        await lotChanged(lot)
    }
}
