import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct ProfileQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var connector_id: Int?
    var transaction_id: Int64?
    /// Also what was refused, cleared or replaced.
    var all: Bool?
}

/// A charging profile that a station was sent, and what it said.
struct ProfileBody: Codable, Sendable {
    var id: Int64
    /// 0: the whole point.
    var connector_id: Int
    /// Whoever made it gave it this number.
    var profile_id: Int64
    var purpose: String
    var stack_level: Int
    var kind: String
    @OrNull var transaction_id: Int64?
    /// The station's word, or why there is none.
    var status: String
    var profile: JSONValue
    @OrNull var set_by: Int64?
    var set_at: Date
    @OrNull var cleared_at: Date?
}

extension Accounts {
    @RouteTable var profileRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/charge-points/:id/charging-profiles", listProfiles)
            .failing("Failed to get charging profiles")
            .summary("Charging profiles that a charge point was sent").needs(.power)
    }

    func listProfiles(_ call: Call<PointPath, ProfileQuery, None>) async throws -> PagedList<ProfileBody> {
        _ = try await chargePointRow(call.path.id, for: Viewer(call.caller))
        let query = call.query
        return try await PagedList(query) {
            Int(try await host.database.run(.countProfiles(of: call.path.id, query)))
        } rows: { cut in
            try await host.database.run(.profiles(of: call.path.id, query, cut)).map(\.body)
        }
    }
}

private struct ProfileRow: Row, Sendable {
    var id: Int64
    var connector: Int32
    var number: Int64
    var purpose: String
    var level: Int32
    var kind: String
    var session: Int64?
    var verdict: String
    var profile: JSONValue
    var setBy: Int64?
    var setAt: Date
    var clearedAt: Date?

    static let columns = """
        id, connector_id, profile_id, purpose, stack_level, kind, session_id, verdict, profile, set_by, set_at, cleared_at
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        connector = try cells.next()
        number = try cells.next()
        purpose = try cells.next()
        level = try cells.next()
        kind = try cells.next()
        session = try cells.next()
        verdict = try cells.next()
        profile = try cells.next(json: JSONValue.self)
        setBy = try cells.next()
        setAt = try cells.next()
        clearedAt = try cells.next()
    }

    var body: ProfileBody {
        ProfileBody(
            id: id, connector_id: Int(connector), profile_id: number, purpose: purpose,
            stack_level: Int(level), kind: kind, transaction_id: session, status: verdict, profile: profile,
            set_by: setBy, set_at: setAt, cleared_at: clearedAt)
    }
}

extension SQL {
    fileprivate static func profiles(of point: String, _ query: ProfileQuery) -> SQL {
        var condition: SQL = "charge_point_id = \(point)"
        if let connector = query.connector_id {
            condition = "\(condition) AND connector_id = \(Int32(clamping: connector))"
        }
        if let session = query.transaction_id { condition = "\(condition) AND session_id = \(session)" }
        if query.all != true { condition = "\(condition) AND verdict = 'Accepted' AND cleared_at IS NULL" }
        return condition
    }
}

extension Query where Result == Int64 {
    fileprivate static func countProfiles(of point: String, _ query: ProfileQuery) -> Self {
        "SELECT count(*) FROM gateway_view.charging_profile WHERE \(SQL.profiles(of: point, query))"
    }
}

extension Query where Result == [ProfileRow] {
    fileprivate static func profiles(of point: String, _ query: ProfileQuery, _ cut: Cut) -> Self {
        """
        SELECT \(columns: ProfileRow.self) FROM gateway_view.charging_profile
        WHERE \(SQL.profiles(of: point, query))
        ORDER BY id \(cut.direction) LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}
