import Core
import HTTP
import Hosting
import Postgres

/// One month (UTC) of `/report/month`.
struct MonthRow: Codable, Equatable, Sendable {
    var year: Int
    var month: Int
    /// Wh.
    var total: Int64
    var count: Int64
    /// Wh per session.
    var average: Double
    /// Minor units.
    var amount: Int64
}

extension MonthRow: RowDecodable {
    init(_ cells: inout Cells) throws {
        year = Int(try cells.next(Int32.self))
        month = Int(try cells.next(Int32.self))
        let sums = try SessionSums(&cells)
        total = sums.energyWh
        count = sums.sessions
        average = sums.average
        amount = sums.amount
    }
}

extension Query where Result == [MonthRow] {
    static func months(of range: ReportRange, group: String?) -> Self {
        """
        SELECT extract(year FROM part.moment AT TIME ZONE 'UTC')::integer AS year,
            extract(month FROM part.moment AT TIME ZONE 'UTC')::integer AS month, \(raw: SessionSums.columns)
        \(SQL.parts(of: range, group: group, months: group == nil ? .ofPoints : .ofUsers, byMonth: true))
        GROUP BY year, month
        HAVING sum(part.sessions) <> 0
        ORDER BY year, month
        """
    }
}

extension Reporting {
    func reportMonths(_ call: Call<None, SessionReportQuery, None>) async throws -> Listed<MonthRow> {
        let range = try ReportRange(from: call.query.from, to: call.query.to)
        let rows = try await host.database.run(.months(of: range, group: call.query.group))
        return Listed(rows, call.query, of: call.request)
    }
}
