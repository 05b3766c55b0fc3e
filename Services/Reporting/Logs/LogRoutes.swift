import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct LogPath: Codable, Sendable {
    var name: String
}

struct LogQuery: Codable, Sendable, PageParameters {
    var from: String?
    var to: String?
    var limit: Whole<1, 50_000>?
    /// `sys` only.
    var charge_point_id: String?
    var page: Int?
    var per_page: Int?
}

/// A line of a log, either as `sys` shows it or as `back` and `pay` do (4.12); what the other has is left out.
struct LogRow: Codable, Equatable, Sendable {
    /// In JOBS_TIMEZONE: `2026-11-20 11:30:05` in `sys`, `20-11-2026 11:30:05` in the others.
    var time: String
    var feature: String?
    /// `*` for a line about no charge point.
    var id: String?
    var level: String?
    var category: String?
    var text: String
    var timestamp: Date
    var importance: String?
}

/// A line as its owner has it.
private struct LogLine: RowDecodable {
    let at: Date
    let first: String
    let second: String
    let third: String
    let text: String

    init(_ cells: inout Cells) throws {
        at = try cells.next()
        first = try cells.next()
        second = try cells.next()
        third = try cells.next()
        text = try cells.next()
    }
}

/// The logs there are, and which lines of one are asked for.
private enum NamedLog: String {
    case sys, back, pay

    /// Newest first; no part has to show more than the whole.
    func lines(_ condition: SQL, limit: Int, offset: Int) -> Query<[LogLine]> {
        let most = offset + limit
        func part(_ columns: SQL, _ view: SQL, _ time: SQL) -> SQL {
            """
            (SELECT \(columns) FROM \(view) AS line WHERE \(condition)
            ORDER BY \(time) DESC, id DESC LIMIT \(most))
            """
        }
        let requests: SQL = "logged_at, id, level AS first, category AS second, '' AS third, text"
        let union: SQL =
            switch self {
            case .sys:
                part(
                    "time AS logged_at, id, feature AS first, coalesce(charge_point_id, '*') AS second, importance AS third, text",
                    "gateway_view.sys_log", "time")
            case .back:
                [
                    part(requests, "accounts_view.back_log", "logged_at"),
                    part(requests, "billing_view.back_log", "logged_at"),
                    part(requests, "reporting_view.back_log", "logged_at"),
                ].joined(by: " UNION ALL ", otherwise: .nothing)
            case .pay:
                "SELECT logged_at, 0::bigint AS id, level AS first, category AS second, '' AS third, text FROM billing_view.pay_log WHERE \(condition)"
            }
        return """
            SELECT logged_at, first, second, third, text
            FROM (\(union)) AS line
            ORDER BY logged_at DESC, id DESC, text
            LIMIT \(limit)
            OFFSET \(offset)
            """
    }

    func count(_ condition: SQL) -> Query<Int64> {
        switch self {
        case .sys: "SELECT count(*) FROM gateway_view.sys_log WHERE \(condition)"
        case .pay: "SELECT count(*) FROM billing_view.pay_log WHERE \(condition)"
        case .back:
            """
            SELECT (SELECT count(*) FROM accounts_view.back_log WHERE \(condition))
                + (SELECT count(*) FROM billing_view.back_log WHERE \(condition))
                + (SELECT count(*) FROM reporting_view.back_log WHERE \(condition))
            """
        }
    }

    func condition(from: Date?, to: Date?, point: String?) -> SQL {
        var conditions: [SQL] = []
        switch self {
        case .sys:
            if let from { conditions.append("time >= \(from)") }
            if let to { conditions.append("time < \(to)") }
            if let point { conditions.append("charge_point_id = \(point)") }
        case .back, .pay:
            if let from { conditions.append("logged_at >= \(from)") }
            if let to { conditions.append("logged_at < \(to)") }
        }
        return conditions.joined(by: " AND ", otherwise: "true")
    }

    func row(_ line: LogLine, in zone: TimeZone) -> LogRow {
        let day = CalendarDay(of: line.at, in: zone)
        let seconds = Int(line.at.timeIntervalSince1970.rounded(.down)) % 60
        let clock = "\(TimeOfDay(of: line.at, in: zone).text):\(Self.padded(seconds))"
        switch self {
        case .sys:
            return LogRow(
                time: "\(day.text) \(clock)", feature: line.first, id: line.second, text: line.text,
                timestamp: line.at, importance: line.third)
        case .back, .pay:
            let date = "\(Self.padded(day.day))-\(Self.padded(day.month))-\(day.year)"
            return LogRow(
                time: "\(date) \(clock)", level: line.first, category: line.second, text: line.text,
                timestamp: line.at)
        }
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Reporting {
    @RouteTable var logRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/log/:name", showLog).failing("Failed to get log")
            .summary("Lines of a log, newest first").needs(.power)
    }

    func showLog(_ call: Call<LogPath, LogQuery, None>) async throws -> Listed<LogRow> {
        guard let log = NamedLog(rawValue: call.path.name) else { throw ReportingRefusal.unknownLog }
        let (query, database, zone) = (call.query, host.database, host.settings.jobsZone)
        let condition = log.condition(
            from: try ReportRange.begin(of: query.from), to: try ReportRange.end(of: query.to),
            point: query.charge_point_id)
        let most = query.limit?.number ?? 1_000
        guard query.part != nil else {
            let lines = try await database.run(log.lines(condition, limit: most, offset: 0))
            return Listed(whole: lines.map { log.row($0, in: zone) })
        }
        return try await Listed(query, of: call.request) {
            min(Int(try await database.run(log.count(condition))), most)
        } rows: { cut in
            let limit = min(cut.limit, most - cut.offset)
            return try await database.run(log.lines(condition, limit: limit, offset: cut.offset))
                .map { log.row($0, in: zone) }
        }
    }
}
