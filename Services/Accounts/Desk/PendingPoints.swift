import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Sites

/// A charge point that waits for an operator's word, and what it has said so far.
struct PendingPoint: Codable, Sendable {
    let point: ChargePointBody
    let firstSeen: Date
    let bootedAt: Date?
    let keptFrames: Int64

    private enum CodingKeys: String, CodingKey {
        case firstSeen = "first_seen"
        case bootedAt = "booted_at"
        case keptFrames = "kept_frames"
    }

    init(point: ChargePointBody, _ facts: PendingFacts?) {
        self.point = point
        firstSeen = point.created_at
        bootedAt = facts?.bootedAt
        keptFrames = facts?.keptFrames ?? 0
    }

    init(from decoder: any Decoder) throws {
        point = try ChargePointBody(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        firstSeen = try container.decode(Date.self, forKey: .firstSeen)
        bootedAt = try container.decode(OrNull<Date>.self, forKey: .bootedAt).wrappedValue
        keptFrames = try container.decode(Int64.self, forKey: .keptFrames)
    }

    func encode(to encoder: any Encoder) throws {
        try point.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(firstSeen, forKey: .firstSeen)
        try container.encode(OrNull(wrappedValue: bootedAt), forKey: .bootedAt)
        try container.encode(keptFrames, forKey: .keptFrames)
    }
}

struct PendingFacts: Row, Sendable {
    var point: String
    var bootedAt: Date?
    var keptFrames: Int64

    static let columns = """
        point.charge_point_id, station.booted_at,
        (SELECT count(*) FROM gateway_view.quarantined_frame AS frame WHERE frame.charge_point_id = point.charge_point_id)
        """

    init(_ cells: inout Cells) throws {
        point = try cells.next()
        bootedAt = try cells.next()
        keptFrames = try cells.next()
    }
}

extension Accounts {
    @RouteTable var pendingRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/charge-points/pending", listPending).failing("Failed to get charge points")
            .summary("Charge points that wait to be approved").needs(.power)
    }

    func listPending(_ call: Call<None, PageQuery, None>) async throws -> PagedList<PendingPoint> {
        let (viewer, now) = (Viewer(call.caller), host.clock.now)
        let filter = ChargePointFilter(registration: .pending)
        return try await PagedList(call.query) {
            Int(try await host.database.run(.countChargePoints(filter, for: viewer, at: now)))
        } rows: { cut in
            let rows = try await host.database.run(
                .chargePoints(
                    filter, for: viewer, at: now, limit: cut.limit, offset: cut.offset,
                    descending: cut.order == .descending))
            let facts = try await host.database.run(.pendingFacts(of: rows.map(\.id)))
            return try await bodies(rows, for: viewer).map { body in
                PendingPoint(point: body, facts.first { $0.point == body.charge_point_id })
            }
        }
    }
}

extension Query where Result == [PendingFacts] {
    fileprivate static func pendingFacts(of points: [String]) -> Self {
        """
        SELECT \(columns: PendingFacts.self)
        FROM accounts.charge_point AS point
        LEFT JOIN gateway_view.station AS station ON station.charge_point_id = point.charge_point_id
        WHERE point.charge_point_id = ANY(\(points))
        """
    }
}
