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
    /// What the sums of whole months are kept by.
    enum Months {
        case ofPoints, ofUsers, notUsed

        var source: SQL {
            switch self {
            case .ofPoints:
                "SELECT month, charge_point_id, 0::bigint, sessions, energy_wh, amount FROM reporting.point_month"
            case .ofUsers: "SELECT month, '', user_id, sessions, energy_wh, amount FROM reporting.user_month"
            case .notUsed: .nothing
            }
        }
    }

    /// The sessions of a range as a relation `part (moment, charge_point_id, user_id, sessions, energy_wh, amount)`: the
    /// nearest months and whole hours from the sums, the rest from the facts of the hours that the range cuts. What the
    /// months have too much is there with a minus, so that groups may come to nothing: `HAVING sum(part.sessions) <> 0`.
    static func parts(of range: ReportRange, group: String?, months: Months) -> SQL {
        let members: SQL =
            group.map { group in
                "JOIN accounts_view.account AS member ON member.user_id = part.user_id AND member.user_group = \(group)"
            } ?? .nothing
        var pieces: [SQL]
        if months != .notUsed, let whole = range.nearestMonths {
            pieces = [
                months.source + " WHERE month >= \(whole.begin) AND month < \(whole.end) AND sessions > 0"
            ]
            pieces += sums(whole.begin, range.begin, areTaken: true) + sums(range.begin, whole.begin)
            pieces += sums(range.end, whole.end, areTaken: true) + sums(whole.end, range.end)
        } else {
            // A range that is empty still is a relation.
            pieces = [facts(range.begin, range.begin, "1")] + sums(range.begin, range.end)
        }
        return """
            FROM (
                \(pieces.joined(by: " UNION ALL ", otherwise: .nothing))
            ) AS part (moment, charge_point_id, user_id, sessions, energy_wh, amount)
            \(members)
            """
    }

    /// - Parameter areTaken: away from what the months have too much.
    private static func sums(_ begin: Date, _ end: Date, areTaken: Bool = false) -> [SQL] {
        guard begin < end else { return [] }
        let whole = ReportRange.wholeHours(begin, end)
        let sign: SQL = areTaken ? "-1" : "1"
        return [
            facts(begin, min(whole.begin, end), sign), hours(whole.begin, whole.end, sign),
            facts(whole.end, end, sign),
        ]
    }

    private static func hours(_ begin: Date, _ end: Date, _ sign: SQL) -> SQL {
        """
        SELECT hour, charge_point_id, user_id, \(sign) * sessions, \(sign) * energy_wh, \(sign) * amount
        FROM reporting.rollup_hour
        WHERE hour >= \(begin) AND hour < \(end) AND sessions > 0
        """
    }

    private static func facts(_ begin: Date, _ end: Date, _ sign: SQL) -> SQL {
        """
        SELECT ended_at, charge_point_id, user_id, \(sign)::bigint, \(sign) * energy_wh, \(sign) * amount
        FROM reporting.session_fact
        WHERE ended_at >= \(begin) AND ended_at < \(end)
        """
    }
}
