import Core
import FoundationEssentials
import Postgres
import Sites

/// A connector addressed by its one number (api.md 4.5).
struct PortBody: Codable, Equatable, Sendable {
    var id: Int64
    @OrNull var station_id: Int64?
    var charge_point_id: String
    var connector_id: Int
    var max_power: Int
    var connector_type: String
    var current_type: String
    var status: PortStatus
    var state: ShownState
    @OrNull var price_per_kwh: Int64?
    @OrNull var price_per_kwh_decimal: String?
    var effective_price_per_kwh: Int64
    var effective_price_per_kwh_decimal: String
    var is_active: Bool
    var is_online: Bool
}

enum PortStatus: String, Codable, CaseIterable, Sendable {
    case available = "Available"
    case inUse = "InUse"
    case faulty = "Faulty"
    case maintenance = "Maintenance"

    /// The table of api.md 4.4, under what staff set.
    init(ocpp status: String, overlay: String?, isOnline: Bool) {
        switch (overlay, isOnline, status) {
        case ("faulty", _, _): self = .faulty
        case ("maintenance", _, _), (_, false, _): self = .maintenance
        case (_, _, "Available"): self = .available
        case (_, _, "Preparing"), (_, _, "Charging"), (_, _, "SuspendedEV"), (_, _, "SuspendedEVSE"),
            (_, _, "Finishing"), (_, _, "Reserved"):
            self = .inUse
        case (_, _, "Faulted"): self = .faulty
        default: self = .maintenance
        }
    }

    /// As people write it, in any case.
    init?(loosely text: String) {
        guard let found = Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            return nil
        }
        self = found
    }
}

/// Which ports are asked for.
struct PortFilter: Sendable {
    var port: Int64?
    var site: Int64?
    var point: String?
    var type: ConnectorType?
    var status: PortStatus?
}

/// A connector, its point and what decides its price.
struct PortRow: Row, Equatable, Sendable {
    var site: Int64?
    var owner: Int64?
    var accessLevel: Int16
    var isOnline: Bool
    var pointStatus: String?
    var sitePrice: Int64?
    /// Of the viewer's own plan, where it holds now.
    var planPrice: Int64?
    var defaultPrice: Int64?
    var connector: ConnectorRow

    static let columns = """
        point.site_id, point.owner_id, point.access_level,
        coalesce(station.connected_at IS NOT NULL AND station.disconnected_at IS NULL AND station.offline_after > now(), false),
        whole.status, site.price_per_kwh, own_plan.price_per_kwh, default_plan.price_per_kwh, connector.port_id,
        connector.charge_point_id, connector.number, connector.name, connector.connector_type, connector.current_type,
        connector.power_w, connector.price_per_kwh, connector.is_active, connector.overlay, report.status,
        report.error_code, report.info, report.vendor_id, report.since, report.session_id
        """

    init(_ cells: inout Cells) throws {
        site = try cells.next()
        owner = try cells.next()
        accessLevel = try cells.next()
        isOnline = try cells.next()
        pointStatus = try cells.next()
        sitePrice = try cells.next()
        planPrice = try cells.next()
        defaultPrice = try cells.next()
        connector = try ConnectorRow(&cells)
    }

    /// Nothing can be charged here while the point is away or out of use.
    private var shownStatus: String {
        !isOnline || pointStatus == "Unavailable" || pointStatus == "Faulted"
            ? "Unavailable" : connector.status ?? "Unknown"
    }

    var status: PortStatus {
        PortStatus(ocpp: shownStatus, overlay: connector.overlay, isOnline: isOnline)
    }

    /// The order of api.md 5.1, without the slot that only a start knows.
    func effectivePrice(for viewer: Viewer) -> Int64 {
        if let owner, owner == viewer.user { return 0 }
        return connector.pricePerKWh ?? planPrice ?? sitePrice ?? defaultPrice ?? 0
    }

    func body(for viewer: Viewer, in currency: Currency) -> PortBody {
        let effective = effectivePrice(for: viewer)
        return PortBody(
            id: connector.port, station_id: site, charge_point_id: connector.point,
            connector_id: Int(connector.number), max_power: Int(connector.powerW),
            connector_type: connector.type, current_type: connector.currentType, status: status,
            state: connector.overlay == nil ? ShownState(ocpp: shownStatus) : .unavailable,
            price_per_kwh: connector.pricePerKWh,
            price_per_kwh_decimal: connector.pricePerKWh.map { Money($0, currency).decimal },
            effective_price_per_kwh: effective,
            effective_price_per_kwh_decimal: Money(effective, currency).decimal,
            is_active: connector.isActive, is_online: isOnline)
    }
}

extension SQL {
    /// What a viewer's own plan and the default one ask at a minute of the day: `own_plan`, `default_plan`.
    static func plans(of viewer: Viewer, minute: Int) -> SQL {
        """
        LEFT JOIN LATERAL (
            SELECT plan.price_per_kwh
            FROM billing_view.plan AS plan
            JOIN accounts_view.account AS driver ON driver.payment_plan = plan.plan_id
            WHERE driver.user_id = \(viewer.user) AND plan.plan_id <> 'default' AND plan.is_active
                AND (plan.start_minute IS NULL
                    OR CASE WHEN plan.start_minute <= plan.end_minute
                        THEN \(Int16(minute)) BETWEEN plan.start_minute AND plan.end_minute
                        ELSE \(Int16(minute)) >= plan.start_minute OR \(Int16(minute)) <= plan.end_minute END)
            ORDER BY plan.plan_row_id
            LIMIT 1
        ) AS own_plan ON true
        LEFT JOIN LATERAL (
            SELECT plan.price_per_kwh FROM billing_view.plan AS plan
            WHERE plan.is_default AND plan.is_active
            ORDER BY plan.plan_row_id
            LIMIT 1
        ) AS default_plan ON true
        """
    }
}

extension Query where Result == [PortRow] {
    /// By number.
    static func ports(
        _ filter: PortFilter, for viewer: Viewer, at now: Date, minute: Int
    ) -> Self {
        var condition: SQL = """
            connector.deleted_at IS NULL AND point.deleted_at IS NULL AND \(viewer.sees(at: now))
            """
        if let port = filter.port { condition = "\(condition) AND connector.port_id = \(port)" }
        if let site = filter.site { condition = "\(condition) AND point.site_id = \(site)" }
        if let point = filter.point { condition = "\(condition) AND point.charge_point_id = \(point)" }
        if let type = filter.type {
            condition = "\(condition) AND connector.connector_type = \(type.rawValue)"
        }
        return """
            SELECT \(columns: PortRow.self)
            FROM accounts.connector AS connector
            JOIN accounts.charge_point AS point ON point.charge_point_id = connector.charge_point_id
            LEFT JOIN accounts.site AS site ON site.id = point.site_id
            LEFT JOIN gateway_view.station AS station ON station.charge_point_id = point.charge_point_id
            LEFT JOIN gateway_view.connector_status AS report
                ON report.charge_point_id = connector.charge_point_id AND report.connector_id = connector.number
            LEFT JOIN gateway_view.connector_status AS whole
                ON whole.charge_point_id = connector.charge_point_id AND whole.connector_id = 0
            \(SQL.plans(of: viewer, minute: minute))
            WHERE \(condition)
            ORDER BY connector.port_id
            """
    }
}
