import Core
import FoundationEssentials
import Hosting
import Postgres
import Sites

/// Which charge points are asked for.
struct ChargePointFilter: Sendable {
    /// Contained, letter by letter, in identity, title, description or address, whatever the case.
    var text: String?
    var site: Int64?
    var owner: Int64?
    var connection: ChargePointBody.ConnectionStatus?
    var registration: Registration?
    var includesDeleted = false
}

extension SQL {
    fileprivate static func matching(_ filter: ChargePointFilter, _ viewer: Viewer, at now: Date) -> SQL {
        var condition = viewer.sees(at: now)
        if !filter.includesDeleted { condition = "\(condition) AND point.deleted_at IS NULL" }
        if let site = filter.site { condition = "\(condition) AND point.site_id = \(site)" }
        if let owner = filter.owner { condition = "\(condition) AND point.owner_id = \(owner)" }
        if let registration = filter.registration {
            condition = "\(condition) AND point.registration = \(registration.rawValue)"
        }
        if let text = filter.text, !text.isEmpty {
            condition = "\(condition) AND \(Searched.chargePoints.holds(text))"
        }
        let isOnline: SQL =
            "(station.connected_at IS NOT NULL AND station.disconnected_at IS NULL AND station.offline_after > now())"
        switch filter.connection {
        case nil: break
        case .disabled: condition = "\(condition) AND NOT point.is_enabled"
        case .connected: condition = "\(condition) AND point.is_enabled AND coalesce(\(isOnline), false)"
        case .disconnected:
            condition = "\(condition) AND point.is_enabled AND NOT coalesce(\(isOnline), false)"
        }
        return condition
    }
}

extension ChargePointRow {
    /// The relations behind `columns`.
    static let relations: SQL = """
        FROM accounts.charge_point AS point
        LEFT JOIN accounts.site AS site ON site.id = point.site_id
        LEFT JOIN gateway_view.station AS station ON station.charge_point_id = point.charge_point_id
        LEFT JOIN gateway_view.connector_status AS whole
            ON whole.charge_point_id = point.charge_point_id AND whole.connector_id = 0
        """
}

extension ConnectorRow {
    static let relations: SQL = """
        FROM accounts.connector AS connector
        LEFT JOIN gateway_view.connector_status AS report
            ON report.charge_point_id = connector.charge_point_id AND report.connector_id = connector.number
        """
}

extension Query where Result == [ChargePointRow] {
    /// By identity.
    static func chargePoints(
        _ filter: ChargePointFilter, for viewer: Viewer, at now: Date, limit: Int = 10_000, offset: Int = 0,
        descending: Bool = false
    ) -> Self {
        let order: SQL = descending ? "DESC" : "ASC"
        return """
            SELECT \(columns: ChargePointRow.self)
            \(ChargePointRow.relations)
            WHERE \(SQL.matching(filter, viewer, at: now))
            ORDER BY point.charge_point_id \(order)
            LIMIT \(limit) OFFSET \(offset)
            """
    }

}

extension Query where Result == Int64 {
    static func countChargePoints(_ filter: ChargePointFilter, for viewer: Viewer, at now: Date) -> Self {
        """
        SELECT count(*)
        \(ChargePointRow.relations)
        WHERE \(SQL.matching(filter, viewer, at: now))
        """
    }
}

extension Query where Result == ChargePointRow? {
    /// Nil for one that is not there, and for one that the viewer may not know of.
    static func chargePoint(_ id: String, for viewer: Viewer, at now: Date) -> Self {
        """
        SELECT \(columns: ChargePointRow.self)
        \(ChargePointRow.relations)
        WHERE point.charge_point_id = \(id) AND point.deleted_at IS NULL AND \(viewer.sees(at: now))
        """
    }
}

extension Query where Result == [ConnectorRow] {
    static func connectors(of points: [String]) -> Self {
        """
        SELECT \(columns: ConnectorRow.self)
        \(ConnectorRow.relations)
        WHERE connector.charge_point_id = ANY(\(points)) AND connector.deleted_at IS NULL
        ORDER BY connector.charge_point_id, connector.number
        """
    }
}

extension Accounts {
    /// Rows as the API shows them, each with its connectors.
    func bodies(_ rows: [ChargePointRow], for viewer: Viewer) async throws -> [ChargePointBody] {
        guard !rows.isEmpty else { return [] }
        let connectors = try await host.database.run(.connectors(of: rows.map(\.id)))
        let byPoint = Dictionary(grouping: connectors, by: \.point)
        return rows.map {
            $0.body(byPoint[$0.id] ?? [], seesHardware: viewer.seesHardware(ofOwner: $0.owner))
        }
    }

    /// Throws: `SiteRefusal.noSuchPoint`, also for a point that the viewer may not know of.
    func chargePointRow(_ id: String, for viewer: Viewer) async throws -> ChargePointRow {
        guard let row = try await host.database.run(.chargePoint(id, for: viewer, at: host.clock.now)) else {
            throw SiteRefusal.noSuchPoint
        }
        return row
    }

    /// The point for those who look after it. Throws: 404 where it may not be known, 403 for other viewers.
    func ownChargePointRow(_ id: String, for viewer: Viewer) async throws -> ChargePointRow {
        let row = try await chargePointRow(id, for: viewer)
        guard viewer.mayRun(ofOwner: row.owner) else {
            // A public point is known to everybody, so that hiding it would fool nobody.
            throw row.accessLevel == 0 ? SiteRefusal.notYours : .noSuchPoint
        }
        return row
    }
}
