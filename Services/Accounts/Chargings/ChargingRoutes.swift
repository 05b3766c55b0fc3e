import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Telemetry

enum ChargingStatusWord: String, Codable, CaseIterable, Sendable {
    case initialized, charging, done, interrupted
    /// Any that is unfinished, as this query's word says.
    case active
}

struct ChargingQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var all: Bool?
    var as_owner: Bool?
    var status: ChargingStatusWord?
    var car_id: Int64?
    var charge_point_id: String?
    var from: DayOrMoment?
    var to: DayOrMoment?
}

/// A moment, or a day: its beginning, or, as an end, its end.
struct DayOrMoment: Hashable, Sendable {
    let beginning: Date
    let end: Date
}

extension DayOrMoment: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self).trimmed
        if let day = CalendarDay(text) {
            beginning = day.start
            end = day.adding(days: 1).start
        } else if let moment = Timestamp(text)?.date {
            beginning = moment
            end = moment
        } else {
            throw OutsideLimits("must be a date or a time such as 2026-11-20 or 2026-11-20T10:30:00Z")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Timestamp.text(beginning))
    }

    static var jsonSchema: JSONSchema { .string(maxLength: 40) }
    static var standIn: Self { Self(beginning: .distantPast, end: .distantPast) }
}

/// Where to charge, and how (api.md 2.2.10).
struct ChargingInput: Codable, Sendable {
    enum Funding: String, Codable, CaseIterable, Sendable {
        case balance, card
    }

    @OrNull var port_id: Int64?
    /// Of the sticker at the connector.
    @OrNull var qr_code: String?
    @OrNull var charge_point_id: String?
    @OrNull var connector_id: Whole<0, 999>?
    @OrNull var car_id: ID<Car>?
    @OrNull var target_wh: Whole<1, 1_000_000>?
    @OrNull var discount_code: String?
    @OrNull var funding: Funding?
    /// The identifier of an own card.
    @OrNull var payment_method: String?
    @OrNull var id_tag: String?
}

/// What may change while a session goes on.
struct ChargingChange: Codable, Sendable {
    var target_wh: Patch<Whole<1, 1_000_000>>
    var car_id: Patch<ID<Car>>
}

typealias ChargingPath = ByID<ChargingSession>

extension Accounts {
    @RouteTable var chargingRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/chargings", listChargings).failing("Failed to get sessions")
            .summary("Charging sessions, newest first").needs(.user)
        Route(.post, "/api/v1/chargings", beginCharging).failing("Failed to start charging")
            .summary("Start to charge").within(.seconds(14)).limited(by: .commands).idempotent.needs(.user)
        Route(.get, "/api/v1/chargings/:id", showCharging).failing("Failed to get session")
            .summary("One charging session").needs(.user)
        Route(.patch, "/api/v1/chargings/:id", changeCharging).failing("Failed to change session")
            .summary("Change what a session aims at").within(.seconds(14)).limited(by: .commands).needs(.user)
        Route(.post, "/api/v1/chargings/:id/stop", endCharging).failing("Failed to stop charging")
            .summary("End a charging session").within(.seconds(14)).limited(by: .commands).needs(.user)
        Route(.get, "/api/v1/chargings/:id/meter-values", listSamples).failing("Failed to get meter values")
            .summary("All samples of a session").needs(.user)
        Route(.get, "/api/v1/chargings/last", showLastCharging).failing("Failed to get session")
            .summary("The caller's last finished session").needs(.user)
    }

    func listChargings(_ call: Call<None, ChargingQuery, None>) async throws -> PagedList<ChargingBody> {
        let (query, caller) = (call.query, call.identified)
        var filter = ChargingFilter(
            car: query.car_id, point: query.charge_point_id, from: query.from?.beginning, until: query.to?.end
        )
        switch query.status {
        case nil: break
        case .active: filter.isUnfinished = true
        case .some(let word): filter.status = word.rawValue
        }
        if query.as_owner == true {
            filter.owner = caller.user
        } else if !(query.all == true && caller.isPower) {
            filter.user = caller.user
        }
        let (host, which) = (host, filter)
        return try await PagedList(query) {
            Int(try await host.database.run(.countChargings(which)))
        } rows: { cut in
            try await host.database.run(.chargings(which, cut)).map {
                $0.body(for: caller, at: host.clock.now, in: host.settings.currency)
            }
        }
    }

    private func charging(_ id: Int64, for caller: Caller) async throws -> ChargingRow {
        guard let row = try await host.database.run(.charging(id)), row.isFor(caller) else {
            throw ChargingRefusal.noSuchSession
        }
        return row
    }

    private func body(_ id: Int64, for caller: Caller) async throws -> ChargingBody {
        try await charging(id, for: caller).body(for: caller, at: host.clock.now, in: host.settings.currency)
    }

    func showCharging(_ call: Call<ChargingPath, None, None>) async throws -> OK<ChargingBody> {
        OK(try await body(call.path.id.number, for: call.identified))
    }

    func showLastCharging(_ call: Call<None, None, None>) async throws -> OK<ChargingBody> {
        let caller = call.identified
        guard let row = try await host.database.run(.lastCharging(of: caller.user)) else {
            throw ChargingRefusal.noSuchSession
        }
        return OK(row.body(for: caller, at: host.clock.now, in: host.settings.currency))
    }

    func beginCharging(_ call: Call<None, None, ChargingInput>) async throws -> Accepted<ChargingBody> {
        let (body, caller) = (call.body, call.identified)
        let (point, connector) = try await place(body)
        var wish = StartWish(point: point, connector: connector)
        wish.car = body.car_id
        wish.target = body.target_wh.map { Energy(wattHours: Int64($0.number)) }
        wish.discount = body.discount_code.flatMap { $0.isEmpty ? nil : $0 }
        wish.funding = body.funding?.rawValue
        wish.method = body.payment_method.flatMap { $0.isEmpty ? nil : $0 }
        wish.tag = body.id_tag.flatMap { $0.isEmpty ? nil : $0 }
        let begin = BeginCharging(accounts: self, caller: caller, door: .api, request: call.request.id)
        let session = try await begin.run(wish)
        call.note("session", .id(session))
        return Accepted(try await self.body(session.number, for: caller))
    }

    /// Throws: `ChargingRefusal.noSuchPoint`, `InvalidRequest` where it is not named or named twice.
    private func place(_ body: ChargingInput) async throws -> (point: String, connector: Int) {
        var port = body.port_id
        if let text = body.qr_code {
            guard port == nil, let code = StartCode(reading: text.trimmed, codes) else {
                throw AccountsRefusal.invalid(field: "qr_code", "is no start code")
            }
            port = code.port.number
        }
        switch (port, body.charge_point_id, body.connector_id) {
        case (let port?, nil, nil):
            guard let place = try await host.database.run(.place(ofPort: port)) else {
                throw ChargingRefusal.noSuchPoint
            }
            return (place.point, Int(place.connector))
        case (nil, let point?, let connector?): return (point, connector.number)
        default:
            var mistakes = Mistakes()
            mistakes.add(
                "non_field_errors", "port_id, qr_code, or charge_point_id and connector_id, is required")
            try mistakes.check()
            throw ChargingRefusal.noSuchPoint
        }
    }

    /// The driver's own; administrators act for anybody.
    func changeCharging(_ call: Call<ChargingPath, None, ChargingChange>) async throws -> OK<ChargingBody> {
        let (id, caller, body) = (call.path.id, call.identified, call.body)
        let row = try await charging(id.number, for: caller)
        guard row.user == caller.user || caller.isAdmin else { throw ChargingRefusal.notAllowed }
        guard !row.isFinished else {
            throw ChargingRefusal.gateway(CommandRefusal(.carBusyOrSessionOver, "session has ended"))
        }
        if case .value(let car) = body.car_id {
            guard let driver = row.user, try await host.database.run(.ownsCar(car, driver)) else {
                throw ChargingRefusal.carNotYours
            }
        }
        let wish = ChangeSession(
            id, target: body.target_wh.map { Energy(wattHours: Int64($0.number)) }, car: body.car_id)
        let asker = Asker(
            user: ID(caller.user), from: .accounts, by: .known(.api),
            isOperator: Viewer(caller).mayRun(ofOwner: row.owner), request: call.request.id)
        do { _ = try await commands.send(wish, by: asker).get() } catch let refusal as CommandRefusal {
            throw ChargingRefusal.gateway(refusal)
        }
        return OK(try await self.body(id.number, for: caller))
    }

    func endCharging(_ call: Call<ChargingPath, None, None>) async throws -> Accepted<ChargingBody> {
        let (id, caller) = (call.path.id.number, call.identified)
        let end = EndCharging(accounts: self, caller: caller, door: .api, request: call.request.id)
        _ = try await end.run(id)
        return Accepted(try await body(id, for: caller))
    }

    func listSamples(_ call: Call<ChargingPath, PageQuery, None>) async throws -> PagedList<TransactionMeter>
    {
        let row = try await charging(call.path.id.number, for: call.identified)
        let database = host.database
        return try await PagedList(call.query) {
            Int(try await database.run(.countSamples(of: row.id)))
        } rows: { cut in
            try await database.run(.samples(of: row.id, cut)).map { $0.body(of: row) }
        }
    }
}
