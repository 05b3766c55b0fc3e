import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// One hour (UTC) of `/report/export`.
struct HourRow: Codable, Equatable, Sendable {
    var date: String
    var hour: Int
    /// kWh that flowed in it.
    var consumed: Double
}

/// What flowed in one hour that had something.
private struct HourSum: RowDecodable {
    let hour: Date
    let energyWh: Int64

    init(_ cells: inout Cells) throws {
        hour = try cells.next()
        energyWh = try cells.next()
    }
}

extension Query where Result == [HourSum] {
    fileprivate static func hours(from begin: Date, to end: Date, group: String?) -> Self {
        guard let group else {
            return """
                SELECT hour, energy_wh
                FROM reporting.network_hour
                WHERE hour >= \(begin) AND hour < \(end)
                ORDER BY hour
                """
        }
        return """
            SELECT flow.hour, sum(flow.energy_wh)::bigint
            FROM reporting.flow_hour AS flow
            JOIN accounts_view.account AS member ON member.user_id = flow.user_id AND member.user_group = \(group)
            WHERE flow.hour >= \(begin) AND flow.hour < \(end)
            GROUP BY flow.hour
            ORDER BY flow.hour
            """
    }
}

extension Reporting {
    func reportHours(_ call: Call<None, SessionReportQuery, None>) async throws -> Listed<HourRow> {
        let range = try ReportRange(from: call.query.from, to: call.query.to).atMost(days: 366)
        let hours = range.touchedHours
        let end = hours.first + Double(hours.count) * ReportRange.hour
        let sums = try await host.database.run(.hours(from: hours.first, to: end, group: call.query.group))
        let byHour = Dictionary(sums.map { ($0.hour, $0.energyWh) }) { first, _ in first }
        let rows = (0..<hours.count).map { index in
            let moment = hours.first + Double(index) * ReportRange.hour
            return HourRow(
                date: CalendarDay(of: moment, in: .gmt).text,
                hour: TimeOfDay(of: moment, in: .gmt).minutes / 60,
                consumed: Double(byHour[moment] ?? 0) / 1_000)
        }
        return Listed(rows, call.query, of: call.request)
    }
}
