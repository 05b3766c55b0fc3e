import Core
package import FoundationEssentials
package import Postgres

/// A connector with what its station last said of it, from the relations `connector` and `report`.
package struct ConnectorRow: Row, Equatable, Sendable {
    package var port: Int64
    package var point: String
    package var number: Int32
    package var name: String
    package var type: String
    package var currentType: String
    package var powerW: Int32
    package var pricePerKWh: Int64?
    package var isActive: Bool
    package var overlay: String?
    package var status: String?
    package var errorCode: String?
    package var info: String?
    package var vendorID: String?
    package var since: Date?
    package var session: Int64?

    package static let columns = """
        connector.port_id, connector.charge_point_id, connector.number, connector.name, connector.connector_type,
        connector.current_type, connector.power_w, connector.price_per_kwh, connector.is_active, connector.overlay,
        report.status, report.error_code, report.info, report.vendor_id, report.since, report.session_id
        """

    package init(_ cells: inout Cells) throws {
        port = try cells.next()
        point = try cells.next()
        number = try cells.next()
        name = try cells.next()
        type = try cells.next()
        currentType = try cells.next()
        powerW = try cells.next()
        pricePerKWh = try cells.next()
        isActive = try cells.next()
        overlay = try cells.next()
        status = try cells.next()
        errorCode = try cells.next()
        info = try cells.next()
        vendorID = try cells.next()
        since = try cells.next()
        session = try cells.next()
    }

    /// As it is shown everywhere: a point that is away or out of use takes its connectors with it.
    package func shownStatus(of point: ChargePointRow) -> String {
        point.isOutOfUse ? "Unavailable" : status ?? "Unknown"
    }

    package func shownState(of point: ChargePointRow) -> ShownState {
        overlay == nil ? ShownState(ocpp: shownStatus(of: point)) : .unavailable
    }

    package func body(of point: ChargePointRow) -> ConnectorBody {
        ConnectorBody(
            connector_id: Int(number), connector_id_name: name, charge_point_id: self.point, type: type,
            status: shownStatus(of: point), status_time: since ?? .never, state: shownState(of: point),
            info: info ?? "", vendor_id: vendorID ?? "", error_code: errorCode ?? "", power: Int(powerW),
            current_transaction_id: session ?? 0, port_id: port, current_type: currentType,
            price_per_kwh: pricePerKWh, is_active: isActive, current_power_limit: nil)
    }
}
