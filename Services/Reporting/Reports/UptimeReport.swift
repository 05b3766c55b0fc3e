import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// Whether a charge point is there, as the reports spell it.
enum Reach: String, Codable, Sendable, PostgresValue {
    case online = "ONLINE"
    case offline = "OFFLINE"
    /// It has never been connected, or not for as long as is written down.
    case unknown = "UNKNOWN"
}

/// One charge point of `/report/uptime`.
struct UptimeRow: Codable, Equatable, Sendable {
    var charge_point_id: String
    var online_seconds: Int64
    var offline_seconds: Int64
    /// Of the time that is known, two decimals.
    var uptime_percent: Double
    var final_state: Reach
}

extension UptimeRow: RowDecodable {
    init(_ cells: inout Cells) throws {
        charge_point_id = try cells.next()
        online_seconds = try cells.next()
        offline_seconds = try cells.next()
        final_state = try cells.next()
        let known = online_seconds + offline_seconds
        uptime_percent =
            known == 0 ? 0 : (Double(online_seconds) / Double(known) * 10_000).rounded() / 100
    }
}

extension Query where Result == [UptimeRow] {
    /// The future is not known: a range ends now at the latest. What has been silent for too long is away although nobody
    /// has written it down yet.
    static func uptime(of range: ReportRange, at now: Date) -> Self {
        let end = min(range.end, now)
        return """
            SELECT point.charge_point_id, coalesce(times.online, 0), coalesce(times.offline, 0),
                coalesce(times.final, 'UNKNOWN')
            FROM accounts_view.charge_point AS point
            LEFT JOIN LATERAL (
                SELECT round(sum(lasting.seconds) FILTER (WHERE lasting.is_online))::bigint AS online,
                    round(sum(lasting.seconds) FILTER (WHERE NOT lasting.is_online))::bigint AS offline,
                    (array_agg(CASE WHEN lasting.is_online THEN 'ONLINE' ELSE 'OFFLINE' END ORDER BY lasting.at DESC))[1]
                        AS final
                FROM (
                    SELECT change.at, change.is_online,
                        extract(epoch FROM lead(change.at, 1, greatest(\(end), change.at))
                            OVER (ORDER BY change.at, change.is_online) - change.at) AS seconds
                    FROM (
                        (
                            SELECT greatest(past.at, \(range.begin)) AS at, past.is_online
                            FROM gateway_view.presence AS past
                            WHERE past.charge_point_id = point.charge_point_id AND past.at <= \(range.begin)
                            ORDER BY past.at DESC, past.is_online DESC
                            LIMIT 1
                        )
                        UNION ALL
                        SELECT at, is_online
                        FROM gateway_view.presence
                        WHERE charge_point_id = point.charge_point_id AND at > \(range.begin) AND at < \(end)
                        UNION ALL
                        SELECT greatest(station.offline_after, \(range.begin)), false
                        FROM gateway_view.station AS station
                        WHERE station.charge_point_id = point.charge_point_id AND station.connected_at IS NOT NULL
                            AND station.disconnected_at IS NULL AND station.offline_after < \(end)
                    ) AS change
                ) AS lasting
            ) AS times ON true
            WHERE NOT point.is_deleted
            ORDER BY point.charge_point_id
            """
    }
}

extension Reporting {
    func reportUptime(_ call: Call<None, SessionReportQuery, None>) async throws -> Listed<UptimeRow> {
        let range = try ReportRange(from: call.query.from, to: call.query.to)
        let rows = try await host.database.run(.uptime(of: range, at: host.clock.now))
        return Listed(rows, call.query, of: call.request)
    }
}
