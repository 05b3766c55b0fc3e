import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Telemetry

struct ReservationQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var as_owner: Bool?
    var charge_point_id: String?
    var status: ReservationStatus?
}

struct ReservationInput: Codable, Sendable {
    var charge_point_id: Text<1, 48>
    var connector_id: Whole<1, 99>
    var expires_at: Date
    /// Own and enabled; nil for the oldest.
    @OrNull var id_tag: String?
}

typealias ReservationPath = ByID<Reservation>

extension Accounts {
    @RouteTable var reservationRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/reservations", listReservations).failing("Failed to get reservations")
            .summary("Connectors that are kept free, newest first").needs(.user)
        Route(.post, "/api/v1/reservations", makeReservation).failing("Failed to reserve")
            .summary("Keep a connector free for the caller").within(.seconds(14)).limited(by: .commands)
            .idempotent.needs(.user)
        Route(.get, "/api/v1/reservations/:id", showReservation).failing("Failed to get reservation")
            .summary("One reservation").needs(.user)
        Route(.delete, "/api/v1/reservations/:id", cancelReservation).failing("Failed to cancel reservation")
            .summary("Let go of a connector").within(.seconds(14)).limited(by: .commands).needs(.user)
    }

    func listReservations(_ call: Call<None, ReservationQuery, None>) async throws -> PagedList<
        ReservationBody
    > {
        let (query, caller, database) = (call.query, call.identified, host.database)
        var filter = ReservationFilter(point: query.charge_point_id, status: query.status)
        if query.as_owner == true {
            filter.owner = caller.user
        } else if !caller.isPower {
            filter.user = caller.user
        }
        let which = filter
        return try await PagedList(query) {
            Int(try await database.run(.countReservations(which)))
        } rows: { cut in
            try await database.run(.reservations(which, cut)).map { $0.body(for: caller) }
        }
    }

    private func reservation(_ id: ID<Reservation>, for caller: Caller) async throws -> ReservationRow {
        guard let row = try await host.database.run(.reservation(id)), row.isFor(caller) else {
            throw ReservationRefusal.noSuchReservation
        }
        return row
    }

    func makeReservation(_ call: Call<None, None, ReservationInput>) async throws -> Created<ReservationBody>
    {
        let caller = call.identified
        let make = MakeReservation(accounts: self, caller: caller, request: call.request)
        let id = try await make.run(call.body)
        call.note("reservation", .id(id))
        return Created(try await reservation(id, for: caller).body(for: caller))
    }

    func showReservation(_ call: Call<ReservationPath, None, None>) async throws -> OK<ReservationBody> {
        OK(try await reservation(call.path.id, for: call.identified).body(for: call.identified))
    }

    /// It is over with the row; a station that cannot be told now is told later.
    func cancelReservation(_ call: Call<ReservationPath, None, None>) async throws -> OK<ReservationBody> {
        let (id, caller) = (call.path.id, call.identified)
        _ = try await reservation(id, for: caller)
        guard try await host.database.run(.cancelActive(id, at: host.clock.now)).count == 1 else {
            throw ReservationRefusal.notActive(try await reservation(id, for: caller).status)
        }
        let asker = Asker(
            user: ID(caller.user), from: .accounts, by: .known(.api), request: call.request.id)
        await release(id, by: asker)
        return OK(try await reservation(id, for: caller).body(for: caller))
    }
}
