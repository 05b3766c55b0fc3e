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
    /// What the sums of days, months and years are kept by.
    enum Months {
        case ofPoints, ofUsers, notUsed

        fileprivate var sizes: Set<RangePiece.Size> {
            switch self {
            case .ofPoints: [.month, .day, .hour, .moment]
            case .ofUsers: [.year, .month, .hour, .moment]
            case .notUsed: [.hour, .moment]
            }
        }
    }

    /// The sessions of a range as a relation `part (moment, charge_point_id, user_id, sessions, energy_wh, amount)`, from the
    /// largest sums there are and from the facts of the hours that the range cuts. What a sum has too much is there with a
    /// minus, so that groups may come to nothing: `HAVING sum(part.sessions) <> 0`.
    ///
    /// - Parameter byMonth: no sums of whole years: they say nothing about their months.
    static func parts(of range: ReportRange, group: String?, months: Months, byMonth: Bool = false) -> SQL {
        let members: SQL =
            group.map { group in
                "JOIN accounts_view.account AS member ON member.user_id = part.user_id AND member.user_group = \(group)"
            } ?? .nothing
        let sizes = byMonth ? months.sizes.subtracting([.year]) : months.sizes
        // A range that is empty still is a relation.
        let nothing = RangePiece(size: .moment, begin: range.begin, end: range.begin, isTaken: false)
        return """
            FROM (
                \(SQL.union([nothing] + range.pieces(of: sizes)) { source(of: $0, months, sign: $1) })
            ) AS part (moment, charge_point_id, user_id, sessions, energy_wh, amount)
            \(members)
            """
    }

    private static func source(of piece: RangePiece, _ months: Months, sign: SQL) -> SQL {
        let span: SQL = ">= \(piece.begin) AND"
        let sums: SQL = "\(sign) * sessions, \(sign) * energy_wh, \(sign) * amount"
        return switch (piece.size, months) {
        case (.moment, _):
            """
            SELECT ended_at, charge_point_id, user_id, \(sign)::bigint, \(sign) * energy_wh, \(sign) * amount
            FROM reporting.session_fact WHERE ended_at \(span) ended_at < \(piece.end)
            """
        case (.hour, _):
            """
            SELECT hour, charge_point_id, user_id, \(sums)
            FROM reporting.rollup_hour WHERE hour \(span) hour < \(piece.end) AND sessions > 0
            """
        case (.day, _):
            """
            SELECT day, charge_point_id, 0::bigint, \(sums)
            FROM reporting.point_day WHERE day \(span) day < \(piece.end) AND sessions > 0
            """
        case (.month, .ofUsers), (.month, .notUsed):
            """
            SELECT month, '', user_id, \(sums)
            FROM reporting.user_month WHERE month \(span) month < \(piece.end) AND sessions > 0
            """
        case (.month, .ofPoints):
            """
            SELECT month, charge_point_id, 0::bigint, \(sums)
            FROM reporting.point_month WHERE month \(span) month < \(piece.end) AND sessions > 0
            """
        case (.year, _):
            """
            SELECT year, '', user_id, \(sums)
            FROM reporting.user_year WHERE year \(span) year < \(piece.end) AND sessions > 0
            """
        }
    }

    /// For how long something flowed at each point in the whole hours of a range: `charge_point_id, seconds`.
    static func flowed(in range: ReportRange) -> SQL {
        let nothing = RangePiece(size: .hour, begin: range.begin, end: range.begin, isTaken: false)
        return """
            SELECT charge_point_id, sum(seconds) AS seconds
            FROM (
                \(SQL.union([nothing] + range.pieces(of: [.month, .day, .hour]), flow))
            ) AS part (charge_point_id, seconds)
            GROUP BY charge_point_id
            """
    }

    private static func flow(_ piece: RangePiece, _ sign: SQL) -> SQL {
        let source: SQL =
            switch piece.size {
            case .year, .month: "reporting.point_month WHERE month >= \(piece.begin) AND month < \(piece.end)"
            case .day: "reporting.point_day WHERE day >= \(piece.begin) AND day < \(piece.end)"
            case .hour, .moment: "reporting.flow_hour WHERE hour >= \(piece.begin) AND hour < \(piece.end)"
            }
        return "SELECT charge_point_id, \(sign) * seconds FROM \(source)"
    }
}
