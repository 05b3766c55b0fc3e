import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct ReviewQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var status: ReviewStatus?
}

enum ReviewStatus: String, Codable, CaseIterable, Sendable {
    case open, done
}

/// One of the entries of a charge point.
struct ReviewPath: Codable, Sendable {
    var id: String
    var number: Int64
}

struct NoteInput: Codable, Sendable {
    var note: Text<0, 500>?
}

struct AttachInput: Codable, Sendable {
    var transaction_id: Int64
    var note: Text<0, 500>?
}

struct QuarantinedBody: Codable, Sendable {
    var id: Int64
    var time: Date
    var reason: String
    var frame: String
    var status: ReviewStatus
}

struct OrphanBody: Codable, Sendable {
    var id: Int64
    var time: Date
    var transaction_id: Int64
    var id_tag: String
    var meter_stop: Int64
    var time_stop: Date
    var reason: String
    var status: ReviewStatus
}

extension Accounts {
    @RouteTable var reviewRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/charge-points/:id/quarantine", listQuarantine).failing(
            "Failed to get quarantine"
        )
        .summary("Frames that were not believed").needs(.power)
        Route(.post, "/api/v1/charge-points/:id/quarantine/:number/dismiss", dismissFrame)
            .failing("Failed to dismiss frame").summary("Put a frame aside").needs(.power)
        Route(.get, "/api/v1/charge-points/:id/orphans", listOrphans).failing("Failed to get stops")
            .summary("Stops of sessions that nobody knows").needs(.power)
        Route(.post, "/api/v1/charge-points/:id/orphans/:number/attach", attachOrphan)
            .failing("Failed to attach stop").summary("Say which session a stop ended").needs(.power)
        Route(.post, "/api/v1/charge-points/:id/orphans/:number/dismiss", dismissOrphan)
            .failing("Failed to dismiss stop").summary("Put an unknown stop aside").needs(.power)
    }

    func listQuarantine(_ call: Call<PointPath, ReviewQuery, None>) async throws -> PagedList<QuarantinedBody>
    {
        _ = try await chargePointRow(call.path.id, for: Viewer(call.caller))
        let query = call.query
        return try await PagedList(query) {
            Int(try await host.database.run(.countQuarantine(of: call.path.id, query)))
        } rows: { cut in
            try await host.database.run(.quarantine(of: call.path.id, query, cut)).map(\.body)
        }
    }

    func dismissFrame(_ call: Call<ReviewPath, None, NoteInput>) async throws -> OK<QuarantinedBody> {
        let point = try await reviewed(call)
        try await decide(
            DismissFrame(ID(call.path.number), of: point, note: call.body.note?.text), "DISMISS_FRAME", call)
        let row = try await host.database.run(.quarantined(call.path.number))
        guard let row else { throw ReviewRefusal.noSuchEntry }
        return OK(row.body)
    }

    func listOrphans(_ call: Call<PointPath, ReviewQuery, None>) async throws -> PagedList<OrphanBody> {
        _ = try await chargePointRow(call.path.id, for: Viewer(call.caller))
        let query = call.query
        return try await PagedList(query) {
            Int(try await host.database.run(.countOrphans(of: call.path.id, query)))
        } rows: { cut in
            try await host.database.run(.orphans(of: call.path.id, query, cut)).map(\.body)
        }
    }

    func attachOrphan(_ call: Call<ReviewPath, None, AttachInput>) async throws -> OK<OrphanBody> {
        let point = try await reviewed(call)
        let wish = AttachOrphan(
            ID(call.path.number), of: point, to: ID(call.body.transaction_id), note: call.body.note?.text)
        try await decide(wish, "ATTACH_STOP", call)
        return OK(try await orphan(call.path.number))
    }

    func dismissOrphan(_ call: Call<ReviewPath, None, NoteInput>) async throws -> OK<OrphanBody> {
        let point = try await reviewed(call)
        try await decide(
            DismissOrphan(ID(call.path.number), of: point, note: call.body.note?.text), "DISMISS_STOP", call)
        return OK(try await orphan(call.path.number))
    }

    private func orphan(_ number: Int64) async throws -> OrphanBody {
        guard let row = try await host.database.run(.orphan(number)) else { throw ReviewRefusal.noSuchEntry }
        return row.body
    }

    /// The point of an entry. Throws: `SiteRefusal.noSuchPoint`.
    func reviewed<Query, Body>(_ call: Call<ReviewPath, Query, Body>) async throws -> ChargePointID {
        _ = try await chargePointRow(call.path.id, for: Viewer(call.caller))
        guard let point = ChargePointID(call.path.id) else { throw SiteRefusal.noSuchPoint }
        return point
    }

    /// Has a gateway do it, and writes down who wanted it. Throws: `ReviewRefusal`.
    func decide<Wish: GatewayCommand, Query, Body>(
        _ wish: Wish, _ action: String, _ call: Call<ReviewPath, Query, Body>
    ) async throws where Wish.Answer == Done {
        do {
            _ = try await commands.send(wish, by: operatorAsking(call)).get()
        } catch let refusal as CommandRefusal {
            throw refusal.known == .failed ? ReviewRefusal.noSuchEntry : .gateway(refusal)
        }
        try await auditDecision(action, call)
    }

    func operatorAsking<Query, Body>(_ call: Call<ReviewPath, Query, Body>) -> Asker {
        Asker(
            user: ID(call.identified.user), from: .accounts, by: .known(.api), isOperator: true,
            request: call.request.id)
    }

    func auditDecision<Query, Body>(_ action: String, _ call: Call<ReviewPath, Query, Body>) async throws {
        let details: JSONValue = [
            "charge_point_id": .string(call.path.id), "number": .integer(call.path.number),
        ]
        try await host.database.run(
            .record(
                AuditEntry(action, by: call.identified.user, details, from: call.request), in: .accounts,
                at: host.clock.now))
    }
}

/// Every "no" about entries that operators decide on.
enum ReviewRefusal: Refusal, Equatable {
    case noSuchEntry
    case gateway(CommandRefusal)

    var problem: Problem {
        switch self {
        case .noSuchEntry: Problem(.notFound, "entry not found")
        case .gateway(let refusal): refusal.problem
        }
    }
}

private struct QuarantinedRow: Row, Sendable {
    var number: Int64
    var time: Date
    var reason: String
    var frame: String
    var status: String

    static let columns = "id, received_at, reason, frame, status"

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        time = try cells.next()
        reason = try cells.next()
        frame = try cells.next()
        status = try cells.next()
    }

    var body: QuarantinedBody {
        QuarantinedBody(
            id: number, time: time, reason: reason, frame: frame,
            status: ReviewStatus(rawValue: status) ?? .open)
    }
}

private struct OrphanRow: Row, Sendable {
    var number: Int64
    var time: Date
    var transaction: Int64
    var tag: String
    var meter: Int64
    var stopped: Date
    var reason: String
    var status: String

    static let columns = "id, received_at, transaction_id, tag, meter_stop, stopped_at, reason, status"

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        time = try cells.next()
        transaction = try cells.next()
        tag = try cells.next()
        meter = try cells.next()
        stopped = try cells.next()
        reason = try cells.next()
        status = try cells.next()
    }

    var body: OrphanBody {
        OrphanBody(
            id: number, time: time, transaction_id: transaction, id_tag: tag, meter_stop: meter,
            time_stop: stopped,
            reason: reason, status: ReviewStatus(rawValue: status) ?? .open)
    }
}

extension SQL {
    fileprivate static func entries(of point: String, _ query: ReviewQuery) -> SQL {
        guard let status = query.status else { return "charge_point_id = \(point)" }
        return "charge_point_id = \(point) AND status = \(status.rawValue)"
    }

    fileprivate static func cut(_ cut: Cut) -> SQL {
        "ORDER BY id \(cut.direction) LIMIT \(cut.limit) OFFSET \(cut.offset)"
    }
}

extension Query where Result == Int64 {
    fileprivate static func countQuarantine(of point: String, _ query: ReviewQuery) -> Self {
        "SELECT count(*) FROM gateway_view.quarantined_frame WHERE \(SQL.entries(of: point, query))"
    }

    fileprivate static func countOrphans(of point: String, _ query: ReviewQuery) -> Self {
        "SELECT count(*) FROM gateway_view.stop_orphan WHERE \(SQL.entries(of: point, query))"
    }
}

extension Query where Result == [QuarantinedRow] {
    fileprivate static func quarantine(of point: String, _ query: ReviewQuery, _ cut: Cut) -> Self {
        """
        SELECT \(columns: QuarantinedRow.self) FROM gateway_view.quarantined_frame
        WHERE \(SQL.entries(of: point, query)) \(SQL.cut(cut))
        """
    }
}

extension Query where Result == QuarantinedRow? {
    fileprivate static func quarantined(_ number: Int64) -> Self {
        "SELECT \(columns: QuarantinedRow.self) FROM gateway_view.quarantined_frame WHERE id = \(number)"
    }
}

extension Query where Result == [OrphanRow] {
    fileprivate static func orphans(of point: String, _ query: ReviewQuery, _ cut: Cut) -> Self {
        """
        SELECT \(columns: OrphanRow.self) FROM gateway_view.stop_orphan
        WHERE \(SQL.entries(of: point, query)) \(SQL.cut(cut))
        """
    }
}

extension Query where Result == OrphanRow? {
    fileprivate static func orphan(_ number: Int64) -> Self {
        "SELECT \(columns: OrphanRow.self) FROM gateway_view.stop_orphan WHERE id = \(number)"
    }
}
