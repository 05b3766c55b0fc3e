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

    /// The sessions of a range as a relation `part (moment, charge_point_id, user_id, sessions, energy_wh, amount)`: whole
    /// months and whole hours from the sums, the rest from the facts of the hours that the range cuts.
    static func parts(of range: ReportRange, group: String?, months: Months) -> SQL {
        let hours = range.wholeHours
        let members: SQL =
            group.map { group in
                "JOIN accounts_view.account AS member ON member.user_id = part.user_id AND member.user_group = \(group)"
            } ?? .nothing
        var pieces = [
            Self.facts(range.begin, min(hours.begin, range.end)), Self.facts(hours.end, range.end),
        ]
        if months != .notUsed, let whole = range.wholeMonths {
            pieces.append(Self.hours(hours.begin, whole.begin))
            pieces.append(
                months.source + " WHERE month >= \(whole.begin) AND month < \(whole.end) AND sessions > 0")
            pieces.append(Self.hours(whole.end, hours.end))
        } else {
            pieces.append(Self.hours(hours.begin, hours.end))
        }
        return """
            FROM (
                \(pieces.joined(by: " UNION ALL ", otherwise: .nothing))
            ) AS part (moment, charge_point_id, user_id, sessions, energy_wh, amount)
            \(members)
            """
    }

    private static func hours(_ begin: Date, _ end: Date) -> SQL {
        """
        SELECT hour, charge_point_id, user_id, sessions, energy_wh, amount
        FROM reporting.rollup_hour
        WHERE hour >= \(begin) AND hour < \(end) AND sessions > 0
        """
    }

    private static func facts(_ begin: Date, _ end: Date) -> SQL {
        """
        SELECT ended_at, charge_point_id, user_id, 1::bigint, energy_wh, amount
        FROM reporting.session_fact
        WHERE ended_at >= \(begin) AND ended_at < \(end)
        """
    }
}
