import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct ReadingQuery: Codable, Sendable, PageParameters {
    enum Grade: String, Codable, CaseIterable, Sendable {
        case doubtful, repaired, good
    }

    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var grade: Grade?
    var transaction_id: Int64?
}

struct ReviewInput: Codable, Sendable {
    enum Grade: String, Codable, CaseIterable, Sendable {
        case good, rejected
    }

    var grade: Grade
    var note: Text<0, 500>?
}

/// A reading as an operator judges it.
struct ReadingBody: Codable, Sendable {
    var id: Int64
    @OrNull var transaction_id: Int64?
    var time: Date
    /// Wh of the register as it was read; null where none was.
    @OrNull var value: Int64?
    /// The sampled values as the station sent them; empty where nothing was done to them.
    var raw: String
    var rule: String
    var grade: String
}

extension Accounts {
    @RouteTable var readingRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/charge-points/:id/readings", listReadings).failing("Failed to get readings")
            .summary("Readings by what they are worth").needs(.power)
        Route(.post, "/api/v1/charge-points/:id/readings/:number/review", reviewReading)
            .failing("Failed to review reading").summary("Accept or reject a doubtful reading").needs(.power)
    }

    func listReadings(_ call: Call<PointPath, ReadingQuery, None>) async throws -> PagedList<ReadingBody> {
        _ = try await chargePointRow(call.path.id, for: Viewer(call.caller))
        let query = call.query
        return try await PagedList(query) {
            Int(try await host.database.run(.countReadings(of: call.path.id, query)))
        } rows: { cut in
            try await host.database.run(.readings(of: call.path.id, query, cut)).map(\.body)
        }
    }

    func reviewReading(_ call: Call<ReviewPath, None, ReviewInput>) async throws -> OK<ReadingBody> {
        let point = try await reviewed(call)
        let wish = ReviewReading(
            ID(call.path.number), of: point, isGood: call.body.grade == .good, note: call.body.note?.text)
        try await decide(wish, "REVIEW_READING", call)
        guard let row = try await host.database.run(.reading(call.path.number, of: call.path.id)) else {
            throw ReviewRefusal.noSuchEntry
        }
        return OK(row.body)
    }
}

private struct ReadingRow: Row, Sendable {
    var number: Int64
    var session: Int64?
    var time: Date
    var register: Int64?
    var raw: String
    var rule: String
    var grade: String

    static let columns = "reading_id, session_id, taken_at, register_wh, raw, rule, grade"

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        session = try cells.next()
        time = try cells.next()
        register = try cells.next()
        raw = try cells.next()
        rule = try cells.next()
        grade = try cells.next()
    }

    var body: ReadingBody {
        ReadingBody(
            id: number, transaction_id: session, time: time, value: register, raw: raw, rule: rule,
            grade: grade)
    }
}

extension SQL {
    fileprivate static func readings(of point: String, _ query: ReadingQuery) -> SQL {
        let condition: SQL =
            "charge_point_id = \(point) AND grade = \((query.grade ?? .doubtful).rawValue)"
        guard let session = query.transaction_id else { return condition }
        return "\(condition) AND session_id = \(session)"
    }
}

extension Query where Result == Int64 {
    fileprivate static func countReadings(of point: String, _ query: ReadingQuery) -> Self {
        "SELECT count(*) FROM gateway_view.reading WHERE \(SQL.readings(of: point, query))"
    }
}

extension Query where Result == [ReadingRow] {
    fileprivate static func readings(of point: String, _ query: ReadingQuery, _ cut: Cut) -> Self {
        """
        SELECT \(columns: ReadingRow.self) FROM gateway_view.reading
        WHERE \(SQL.readings(of: point, query))
        ORDER BY taken_at \(cut.direction), reading_id \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == ReadingRow? {
    fileprivate static func reading(_ number: Int64, of point: String) -> Self {
        """
        SELECT \(columns: ReadingRow.self) FROM gateway_view.reading
        WHERE reading_id = \(number) AND charge_point_id = \(point) AND rule <> ''
        """
    }
}
