import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// One station of `/reports/stations`.
struct StationRow: Codable, Equatable, Sendable {
    var station_id: Int64
    var name: String
    var sessions: Int64
    var energy_wh: Int64
    var amount: Int64
    var amount_decimal: String
    /// Of the time of its connectors, in which somebody charged.
    var utilisation_percent: Double
}

/// One station of `/reports/unused-stations`.
struct UnusedStationRow: Codable, Equatable, Sendable {
    var station_id: Int64
    var name: String
    @OrNull var last_session: Date?
}

/// Where and how long, without the currency.
private struct StationSums: RowDecodable {
    let station: Int64
    let name: String
    let sums: SessionSums
    let seconds: Int64
    let connectors: Int64

    init(_ cells: inout Cells) throws {
        station = try cells.next()
        name = try cells.next()
        sums = try SessionSums(&cells)
        seconds = try cells.next()
        connectors = try cells.next()
    }
}

extension UnusedStationRow: RowDecodable {
    init(_ cells: inout Cells) throws {
        station_id = try cells.next()
        name = try cells.next()
        _last_session = OrNull(wrappedValue: try cells.next())
    }
}

extension Query where Result == [StationSums] {
    /// Points count where they stand now.
    fileprivate static func stations(of range: ReportRange, cut: Cut) -> Self {
        """
        WITH charged AS (
            SELECT part.charge_point_id, sum(part.energy_wh) AS energy_wh, sum(part.sessions) AS sessions,
                sum(part.amount) AS amount
            \(SQL.parts(of: range, group: nil, months: .ofPoints))
            GROUP BY part.charge_point_id
        ), flowed AS (
            \(SQL.flowed(in: range))
        ), place AS (
            SELECT point.charge_point_id, point.station_id,
                (
                    SELECT count(*)
                    FROM accounts_view.connector AS connector
                    WHERE connector.charge_point_id = point.charge_point_id AND NOT connector.is_deleted
                ) AS connectors
            FROM accounts_view.charge_point AS point
            WHERE NOT point.is_deleted AND point.station_id IS NOT NULL
        )
        SELECT station.station_id, station.name, coalesce(sum(charged.energy_wh), 0)::bigint,
            coalesce(sum(charged.sessions), 0)::bigint, coalesce(sum(charged.amount), 0)::bigint,
            coalesce(sum(flowed.seconds), 0)::bigint, coalesce(sum(place.connectors), 0)::bigint
        FROM accounts_view.station AS station
        LEFT JOIN place ON place.station_id = station.station_id
        LEFT JOIN charged ON charged.charge_point_id = place.charge_point_id
        LEFT JOIN flowed ON flowed.charge_point_id = place.charge_point_id
        WHERE NOT station.is_deleted
        GROUP BY station.station_id, station.name
        ORDER BY station.station_id \(cut.direction)
        LIMIT \(cut.limit)
        OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == [UnusedStationRow] {
    static func unusedStations(since moment: Date, cut: Cut) -> Self {
        """
        SELECT station_id, name, last_session
        FROM (\(SQL.unusedStations(since: moment))) AS unused
        ORDER BY station_id \(cut.direction)
        LIMIT \(cut.limit)
        OFFSET \(cut.offset)
        """
    }
}

extension SQL {
    /// Those at which somebody charges now are used.
    static func unusedStations(since moment: Date) -> SQL {
        """
        SELECT station.station_id, station.name, latest.ended_at AS last_session
        FROM accounts_view.station AS station
        LEFT JOIN LATERAL (
            SELECT max(ended_at) AS ended_at
            FROM reporting.session_fact
            WHERE station_id = station.station_id
        ) AS latest ON true
        WHERE NOT station.is_deleted AND (latest.ended_at IS NULL OR latest.ended_at < \(moment))
            AND NOT EXISTS (
                SELECT FROM gateway_view.session AS charge
                WHERE NOT charge.is_finished AND charge.station_id = station.station_id
            )
        """
    }
}

struct UnusedQuery: Codable, Sendable, PageParameters {
    /// UNUSED_STATION_DAYS where it is not said.
    var days: Whole<1, 3_650>?
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
}

extension Reporting {
    func reportStations(_ call: Call<None, PeriodQuery, None>) async throws -> PagedList<StationRow> {
        let range = try call.query.range(at: host.clock.now)
        let seconds = range.end.timeIntervalSince(range.begin)
        let (database, currency) = (host.database, host.settings.currency)
        return try await PagedList(call.query) {
            Int(
                try await database.run("SELECT count(*) FROM accounts_view.station WHERE NOT is_deleted")
                    as Int64)
        } rows: { cut in
            try await database.run(.stations(of: range, cut: cut)).map { row in
                let whole = seconds * Double(row.connectors)
                return StationRow(
                    station_id: row.station, name: row.name, sessions: row.sums.sessions,
                    energy_wh: row.sums.energyWh, amount: row.sums.amount,
                    amount_decimal: Money(row.sums.amount, currency).decimal,
                    utilisation_percent: whole == 0
                        ? 0 : (min(1, Double(row.seconds) / whole) * 10_000).rounded() / 100)
            }
        }
    }

    func reportUnusedStations(_ call: Call<None, UnusedQuery, None>) async throws -> PagedList<
        UnusedStationRow
    > {
        let days = call.query.days?.number ?? settings.unusedStationDays
        let moment = host.clock.now - Double(days) * 86_400
        let database = host.database
        return try await PagedList(call.query) {
            let count: Int64 = try await database.run(
                "SELECT count(*) FROM (\(SQL.unusedStations(since: moment))) AS unused")
            return Int(count)
        } rows: { cut in
            try await database.run(.unusedStations(since: moment, cut: cut))
        }
    }
}
