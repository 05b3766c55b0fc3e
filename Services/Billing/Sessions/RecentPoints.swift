import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Sites

extension Billing {
    @RouteTable var recentRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/transactions/recent", listRecent).failing("Failed to get recent charge points")
            .summary("Where the caller charged last").needs(.user)
    }

    func listRecent(_ call: Call<None, None, None>) async throws -> OK<[ChargePointBody]> {
        let (caller, database) = (call.identified, host.database)
        let rows = try await database.run(.recentPoints(of: caller, at: host.clock.now))
        let connectors = Dictionary(
            grouping: rows.isEmpty ? [] : try await database.run(.connectors(of: rows.map(\.id))), by: \.point
        )
        return OK(
            rows.map { row in
                let runs = caller.isPower || caller.accessLevel >= 10 || row.owner == caller.user
                return row.body(connectors[row.id] ?? [], seesHardware: runs)
            })
    }
}

extension Query where Result == [ChargePointRow] {
    /// Of the last three finished sessions, as far as the caller may still know of the point; a point once, the newest first.
    fileprivate static func recentPoints(of caller: Caller, at now: Date) -> Self {
        let level: Int16 = caller.isPower ? 10 : Int16(clamping: caller.accessLevel)
        return """
            SELECT \(columns: ChargePointRow.self)
            FROM (
                SELECT charge_point_id, max(started_at) AS started_at
                FROM (
                    SELECT charge_point_id, started_at
                    FROM gateway_view.session
                    WHERE user_id = \(caller.user) AND is_finished AND NOT is_refused AND started_at IS NOT NULL
                    ORDER BY started_at DESC, session_id DESC
                    LIMIT 3
                ) AS charge
                GROUP BY charge_point_id
            ) AS recent
            JOIN (
                SELECT charge_point_id, title, description, address, latitude, longitude, owner_id, station_id AS site_id,
                    is_enabled, is_deleted, access_level, power_limit_w, smart_charging, trigger_message, registration,
                    security_profile, default_protocol, created_at
                FROM accounts_view.charge_point
            ) AS point ON point.charge_point_id = recent.charge_point_id
            LEFT JOIN accounts_view.station AS site ON site.station_id = point.site_id
            LEFT JOIN gateway_view.station AS station ON station.charge_point_id = point.charge_point_id
            LEFT JOIN gateway_view.connector_status AS whole
                ON whole.charge_point_id = point.charge_point_id AND whole.connector_id = 0
            WHERE NOT point.is_deleted AND (
                point.access_level <= \(level) OR point.owner_id = \(caller.user) OR EXISTS (
                    SELECT FROM accounts_view.access_grant AS share
                    WHERE share.charge_point_id = point.charge_point_id AND share.user_id = \(caller.user)
                        AND (share.expires_at IS NULL OR share.expires_at > \(now))))
            ORDER BY recent.started_at DESC, point.charge_point_id
            LIMIT 3
            """
    }
}

extension Query where Result == [ConnectorRow] {
    fileprivate static func connectors(of points: [String]) -> Self {
        """
        SELECT \(columns: ConnectorRow.self)
        FROM (
            SELECT port_id, charge_point_id, connector_id AS number, connector_name AS name, connector_type, current_type,
                power_w, price_per_kwh, is_active, overlay, is_deleted
            FROM accounts_view.connector
        ) AS connector
        LEFT JOIN gateway_view.connector_status AS report
            ON report.charge_point_id = connector.charge_point_id AND report.connector_id = connector.number
        WHERE connector.charge_point_id = ANY(\(points)) AND NOT connector.is_deleted
        ORDER BY connector.charge_point_id, connector.number
        """
    }
}
