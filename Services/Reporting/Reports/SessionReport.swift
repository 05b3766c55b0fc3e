import Core
import FoundationEssentials
import HTTP
import Postgres

/// What the statistics ask for.
struct SessionReportQuery: Codable, Sendable, PageParameters {
    var from: String?
    var to: String?
    /// Only sessions whose user is in it.
    var group: String?
    var page: Int?
    var per_page: Int?
}

/// Sums of sessions, by whatever a report groups them by.
struct SessionSums: Equatable, Sendable {
    var energyWh: Int64
    var sessions: Int64
    /// Minor units.
    var amount: Int64

    static let columns: StaticString =
        "sum(part.energy_wh)::bigint, sum(part.sessions)::bigint, sum(part.amount)::bigint"

    init(_ cells: inout Cells) throws {
        energyWh = try cells.next()
        sessions = try cells.next()
        amount = try cells.next()
    }

    /// Wh per session, two decimals.
    var average: Double {
        sessions == 0 ? 0 : (Double(energyWh) / Double(sessions) * 100).rounded() / 100
    }
}

extension SQL {
    /// The sessions of a range as a relation `part (moment, charge_point_id, user_id, sessions, energy_wh, amount)`: whole
    /// hours from the sums, the rest from the facts of the hours that the range cuts.
    static func parts(of range: ReportRange, group: String?) -> SQL {
        let hours = range.wholeHours
        let members: SQL =
            group.map { group in
                "JOIN accounts_view.account AS member ON member.user_id = part.user_id AND member.user_group = \(group)"
            } ?? .nothing
        return """
            FROM (
                SELECT hour AS moment, charge_point_id, user_id, sessions, energy_wh, amount
                FROM reporting.rollup_hour
                WHERE hour >= \(hours.begin) AND hour < \(hours.end) AND sessions > 0
                UNION ALL
                SELECT ended_at, charge_point_id, user_id, 1, energy_wh, amount
                FROM reporting.session_fact
                WHERE ended_at >= \(range.begin) AND ended_at < \(min(hours.begin, range.end))
                UNION ALL
                SELECT ended_at, charge_point_id, user_id, 1, energy_wh, amount
                FROM reporting.session_fact
                WHERE ended_at >= \(hours.end) AND ended_at < \(range.end)
            ) AS part
            \(members)
            """
    }
}
