import Core
import HTTP
import Hosting
import Postgres

/// One charge point of `/report/charger`.
struct ChargerRow: Codable, Equatable, Sendable {
    /// The identity once more: older clients read it here.
    var user: String
    var charge_point_id: String
    /// Wh.
    var total: Int64
    var count: Int64
    /// Wh per session.
    var average: Double
    /// Minor units.
    var amount: Int64
}

extension ChargerRow: RowDecodable {
    init(_ cells: inout Cells) throws {
        charge_point_id = try cells.next()
        user = charge_point_id
        let sums = try SessionSums(&cells)
        total = sums.energyWh
        count = sums.sessions
        average = sums.average
        amount = sums.amount
    }
}

extension Query where Result == [ChargerRow] {
    static func chargers(of range: ReportRange, group: String?) -> Self {
        """
        SELECT part.charge_point_id, \(raw: SessionSums.columns)
        \(SQL.parts(of: range, group: group, months: group == nil ? .ofPoints : .notUsed))
        GROUP BY part.charge_point_id
        HAVING sum(part.sessions) <> 0
        ORDER BY part.charge_point_id
        """
    }
}

extension Reporting {
    func reportChargers(_ call: Call<None, SessionReportQuery, None>) async throws -> Listed<ChargerRow> {
        let range = try ReportRange(from: call.query.from, to: call.query.to)
        let rows = try await host.database.run(.chargers(of: range, group: call.query.group))
        return Listed(rows, call.query, of: call.request)
    }
}
