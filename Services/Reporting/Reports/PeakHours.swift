import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// `/reports/peak-hours`: the hours of the clock on the wall (JOBS_TIMEZONE) in which most sessions begin.
struct PeakHours: Codable, Equatable, Sendable {
    var peak_hours: [Hour]

    struct Hour: Codable, Equatable, Sendable, RowDecodable {
        var hour: Int
        var usage: Int64

        init(_ cells: inout Cells) throws {
            hour = Int(try cells.next(Int32.self))
            usage = try cells.next()
        }
    }
}

struct PeakQuery: Codable, Sendable {
    enum Period: String, Codable, CaseIterable, Sendable {
        case day = "24h"
        case month
    }

    var period: Period?
}

extension Query where Result == [PeakHours.Hour] {
    static func peakHours(since begin: Date, until end: Date, zone: String) -> Self {
        """
        SELECT extract(hour FROM beginning.started_at AT TIME ZONE \(zone))::integer AS hour, count(*) AS usage
        FROM (
            SELECT started_at FROM reporting.session_fact WHERE started_at >= \(begin) AND started_at < \(end)
            UNION ALL
            SELECT started_at FROM gateway_view.session
            WHERE NOT is_finished AND started_at >= \(begin) AND started_at < \(end)
        ) AS beginning
        GROUP BY hour
        ORDER BY usage DESC, hour
        LIMIT 3
        """
    }
}

extension Reporting {
    func reportPeakHours(_ call: Call<None, PeakQuery, None>) async throws -> OK<PeakHours> {
        let now = host.clock.now
        let days: Double = call.query.period == .day ? 1 : 30
        return OK(
            PeakHours(
                peak_hours: try await host.database.run(
                    .peakHours(
                        since: now - days * 86_400, until: now, zone: host.settings.jobsZone.identifier))))
    }
}
