import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// One hour of `/reports/power`.
struct PowerRow: Codable, Equatable, Sendable {
    var time: Date
    /// W: the energy of the hour.
    var average_w: Int64
    /// W: the most at one moment, by the lines between readings.
    var peak_w: Int64
}

/// One hour of `/reports/concurrency`.
struct ConcurrencyRow: Codable, Equatable, Sendable {
    var time: Date
    var peak_sessions: Int64
}

/// The load of one hour; hours without any have no row.
private struct HourLoad: RowDecodable {
    let hour: Date
    let average: Int64
    let peak: Int64

    init(_ cells: inout Cells) throws {
        hour = try cells.next()
        average = try cells.next()
        peak = try cells.next()
    }
}

extension Query where Result == [HourLoad] {
    /// Power is what the straight lines between readings rise by; a change of it is a step at a reading. The sum of the steps
    /// so far is the load, and in each hour its highest value counts, that from before the hour included.
    fileprivate static func power(from begin: Date, to end: Date, point: String?) -> Self {
        """
        WITH fact AS MATERIALIZED (
            SELECT fact.session_id, fact.started_at, fact.ended_at, fact.energy_wh
            FROM (\(sessions(from: begin, to: end))) AS flowing
            JOIN reporting.session_fact AS fact ON fact.session_id = flowing.session_id
            WHERE \(point as String?)::text IS NULL OR fact.charge_point_id = \(point as String?)
        ), told AS (
            SELECT session_id, started_at AS at, 0::bigint AS energy_wh FROM fact
            UNION ALL
            SELECT session_id, ended_at, energy_wh FROM fact
            UNION ALL
            SELECT fact.session_id, reading.taken_at, least(reading.energy_wh, fact.energy_wh)
            FROM fact
            JOIN gateway_view.reading AS reading
                ON reading.session_id = fact.session_id AND reading.taken_at > fact.started_at
                    AND reading.taken_at < fact.ended_at AND reading.grade <> 'rejected'
        ), moment AS (
            SELECT session_id, at, max(max(energy_wh)) OVER (PARTITION BY session_id ORDER BY at) AS energy_wh
            FROM told
            GROUP BY session_id, at
        ), segment AS (
            SELECT at AS began, lead(at) OVER line AS ended,
                (lead(energy_wh) OVER line - energy_wh) * 3600
                    / extract(epoch FROM lead(at) OVER line - at) AS watts
            FROM moment
            WINDOW line AS (PARTITION BY session_id ORDER BY at)
        ), step AS (
            SELECT began AS at, watts FROM segment WHERE ended IS NOT NULL
            UNION ALL
            SELECT ended, -watts FROM segment WHERE ended IS NOT NULL
        ), load AS (
            SELECT at, sum(sum(watts)) OVER (ORDER BY at) AS watts, lead(at) OVER (ORDER BY at) AS until
            FROM step
            GROUP BY at
        ), peak AS (
            SELECT hour, max(load.watts) AS watts
            FROM generate_series(\(begin), \(end)::timestamptz - interval '1 microsecond', interval '1 hour') AS part (hour)
            JOIN load ON load.at < part.hour + interval '1 hour' AND load.until > part.hour
            GROUP BY hour
        ), flow AS (
            \(flows(from: begin, to: end, point: point))
        )
        SELECT hour, coalesce(flow.energy_wh, 0)::bigint, coalesce(round(peak.watts), 0)::bigint
        FROM flow
        FULL JOIN peak USING (hour)
        ORDER BY hour
        """
    }

    /// Those that went on in some of the hours: a session has a flow, if of nothing, in each hour that it touched.
    private static func sessions(from begin: Date, to end: Date) -> SQL {
        "SELECT DISTINCT session_id FROM reporting.session_flow WHERE hour >= \(begin) AND hour < \(end)"
    }

    /// `hour, energy_wh`
    private static func flows(from begin: Date, to end: Date, point: String?) -> SQL {
        guard let point else {
            return """
                SELECT hour, energy_wh FROM reporting.network_hour WHERE hour >= \(begin) AND hour < \(end)
                """
        }
        return """
            SELECT hour, sum(energy_wh) AS energy_wh
            FROM reporting.flow_hour
            WHERE hour >= \(begin) AND hour < \(end) AND charge_point_id = \(point)
            GROUP BY hour
            """
    }

    /// Those that go on count too. One that ends in the moment in which another begins is not beside it.
    fileprivate static func concurrency(from begin: Date, to end: Date, station: Int64?, at now: Date) -> Self
    {
        """
        WITH span AS (
            SELECT fact.started_at AS began, fact.ended_at AS ended
            FROM (\(sessions(from: begin, to: end))) AS flowing
            JOIN reporting.session_fact AS fact ON fact.session_id = flowing.session_id
            WHERE \(station as Int64?)::bigint IS NULL OR fact.station_id = \(station as Int64?)
            UNION ALL
            SELECT started_at, greatest(\(now), started_at + interval '1 second')
            FROM gateway_view.session
            WHERE NOT is_finished AND started_at < \(end)
                AND (\(station as Int64?)::bigint IS NULL OR station_id = \(station as Int64?))
        ), step AS (
            SELECT began AS at, 1 AS change FROM span
            UNION ALL
            SELECT ended, -1 FROM span
        ), load AS (
            SELECT at, sum(sum(change)) OVER (ORDER BY at) AS sessions, lead(at) OVER (ORDER BY at) AS until
            FROM step
            GROUP BY at
        )
        SELECT hour, 0::bigint, max(load.sessions)::bigint
        FROM generate_series(\(begin), \(end)::timestamptz - interval '1 microsecond', interval '1 hour') AS part (hour)
        JOIN load ON load.at < part.hour + interval '1 hour' AND load.until > part.hour
        GROUP BY hour
        ORDER BY hour
        """
    }
}

extension Reporting {
    /// A page of hours, whose load is read for these hours only.
    private func hourly<Item: Codable & Sendable>(
        _ query: PeriodQuery, loads: (Date, Date) async throws -> [HourLoad], item: (Date, HourLoad?) -> Item
    ) async throws -> PagedList<Item> {
        let hours = try query.range(at: host.clock.now).atMost(days: 366).touchedHours
        return try await PagedList(query) {
            hours.count
        } rows: { cut in
            let count = min(cut.limit, hours.count - cut.offset)
            let isDown = cut.order == .descending
            let first = isDown ? hours.count - cut.offset - count : cut.offset
            let begin = hours.first + Double(first) * ReportRange.hour
            let loads = try await loads(begin, begin + Double(count) * ReportRange.hour)
            let byHour = Dictionary(loads.map { ($0.hour, $0) }) { first, _ in first }
            let items = (0..<count).map { index in
                let hour = begin + Double(index) * ReportRange.hour
                return item(hour, byHour[hour])
            }
            return isDown ? items.reversed() : items
        }
    }

    func reportPower(_ call: Call<None, PeriodQuery, None>) async throws -> PagedList<PowerRow> {
        try await hourly(call.query) { begin, end in
            try await host.database.run(.power(from: begin, to: end, point: call.query.charge_point_id))
        } item: { hour, load in
            PowerRow(time: hour, average_w: load?.average ?? 0, peak_w: load?.peak ?? 0)
        }
    }

    func reportConcurrency(_ call: Call<None, PeriodQuery, None>) async throws -> PagedList<ConcurrencyRow> {
        let now = host.clock.now
        return try await hourly(call.query) { begin, end in
            try await host.database.run(
                .concurrency(from: begin, to: end, station: call.query.station_id, at: now))
        } item: { hour, load in
            ConcurrencyRow(time: hour, peak_sessions: load?.peak ?? 0)
        }
    }
}
