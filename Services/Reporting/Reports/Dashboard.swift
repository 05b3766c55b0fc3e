import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// `/reports/dashboard`: the network at a glance.
struct Dashboard: Codable, Equatable, Sendable {
    struct Points: Codable, Equatable, Sendable {
        var total: Int64
        var online: Int64
    }
    struct Connectors: Codable, Equatable, Sendable {
        var available: Int64
        var occupied: Int64
        var unavailable: Int64
    }
    struct Sessions: Codable, Equatable, Sendable {
        var active: Int64
        var today: Int64
    }
    struct Parking: Codable, Equatable, Sendable {
        var spots: Int64
        var occupied: Int64
    }

    var charge_points: Points
    var connectors: Connectors
    var sessions: Sessions
    var energy_today_wh: Int64
    var amount_today: Int64
    var amount_today_decimal: String
    var parking: Parking
    var users: Int64
}

/// The figures without the currency.
struct DashboardFigures: RowDecodable {
    let dashboard: Dashboard

    init(_ cells: inout Cells) throws {
        dashboard = Dashboard(
            charge_points: .init(total: try cells.next(), online: try cells.next()),
            connectors: .init(
                available: try cells.next(), occupied: try cells.next(), unavailable: try cells.next()),
            sessions: .init(active: try cells.next(), today: try cells.next()),
            energy_today_wh: try cells.next(), amount_today: try cells.next(), amount_today_decimal: "",
            parking: .init(spots: try cells.next(), occupied: try cells.next()), users: try cells.next())
    }

    func dashboard(in currency: Currency) -> Dashboard {
        var full = dashboard
        full.amount_today_decimal = Money(full.amount_today, currency).decimal
        return full
    }
}

extension Query where Result == DashboardFigures {
    /// Today's sessions are those that ended today. A connector is available or occupied by what it said last, and
    /// unavailable while its point is away, switched off or has not spoken yet.
    static func dashboard(since midnight: Date, at now: Date) -> Self {
        """
        WITH point AS (
            SELECT point.charge_point_id, point.is_enabled,
                coalesce(station.connected_at IS NOT NULL AND station.disconnected_at IS NULL
                    AND station.offline_after > \(now), false) AS is_online
            FROM accounts_view.charge_point AS point
            LEFT JOIN gateway_view.station AS station ON station.charge_point_id = point.charge_point_id
            WHERE NOT point.is_deleted
        ), plug AS (
            SELECT CASE
                WHEN NOT point.is_online OR NOT point.is_enabled OR NOT connector.is_active THEN 'unavailable'
                WHEN report.status = 'Available' THEN 'available'
                WHEN report.status IN ('Preparing', 'Charging', 'SuspendedEV', 'SuspendedEVSE', 'Finishing', 'Occupied',
                    'Reserved') THEN 'occupied'
                ELSE 'unavailable'
            END AS state
            FROM accounts_view.connector AS connector
            JOIN point ON point.charge_point_id = connector.charge_point_id
            LEFT JOIN gateway_view.connector_status AS report
                ON report.charge_point_id = connector.charge_point_id AND report.connector_id = connector.connector_id
            WHERE NOT connector.is_deleted
        ), today AS (
            SELECT count(*) AS sessions, coalesce(sum(energy_wh), 0)::bigint AS energy_wh,
                coalesce(sum(amount), 0)::bigint AS amount
            FROM reporting.session_fact
            WHERE ended_at >= \(midnight)
        )
        SELECT (SELECT count(*) FROM point), (SELECT count(*) FROM point WHERE is_online),
            (SELECT count(*) FROM plug WHERE state = 'available'),
            (SELECT count(*) FROM plug WHERE state = 'occupied'),
            (SELECT count(*) FROM plug WHERE state = 'unavailable'),
            (SELECT count(*) FROM gateway_view.session WHERE NOT is_finished),
            today.sessions, today.energy_wh, today.amount,
            (SELECT count(*) FROM accounts_view.parking_spot WHERE NOT is_deleted),
            (
                SELECT count(*)
                FROM accounts_view.parking_spot AS spot
                JOIN accounts_view.parking_reservation AS stay ON stay.spot_id = spot.spot_id AND stay.status = 'active'
                WHERE NOT spot.is_deleted
            ),
            (SELECT count(*) FROM accounts_view.account WHERE NOT is_deleted)
        FROM today
        """
    }
}

extension Reporting {
    func reportDashboard(_ call: Call<None, None, None>) async throws -> OK<Dashboard> {
        let (host, caller) = (host, call.identified)
        return OK(
            try await host.cache.remembered(.dashboardStats, "dashboard", for: caller) {
                let zone = host.settings.jobsZone
                let midnight = CalendarDay(of: host.clock.now, in: zone).start(in: zone)
                return try await host.database.run(.dashboard(since: midnight, at: host.clock.now))
                    .dashboard(in: host.settings.currency)
            })
    }
}
