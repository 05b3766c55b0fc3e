import Core
package import FoundationEssentials
package import Postgres

/// A charge point with what its station last said, in one row. Whose relations `point`, `site`, `station` and `whole` are is the
/// reader's matter: its owner has its tables, the others the published views.
package struct ChargePointRow: Row, Equatable, Sendable {
    package var id: String
    package var title: String
    package var description: String
    package var address: String
    package var latitude: Double?
    package var longitude: Double?
    package var owner: Int64?
    package var site: Int64?
    package var isEnabled: Bool
    package var accessLevel: Int16
    package var powerLimitW: Int32?
    package var smartCharging: Bool
    package var triggerMessage: Bool
    package var registration: String
    package var securityProfile: Int16
    package var defaultProtocol: String?
    package var createdAt: Date
    package var model: String?
    package var serialNumber: String?
    package var vendor: String?
    package var firmware: String?
    package var protocolVersion: String?
    package var lastSeen: Date?
    package var isOnline: Bool
    package var status: String?
    package var errorCode: String?
    package var info: String?
    package var statusSince: Date?
    package var statusReceived: Date?

    package static let columns = """
        point.charge_point_id, point.title, point.description, point.address,
        coalesce(point.latitude, site.latitude), coalesce(point.longitude, site.longitude), point.owner_id, point.site_id,
        point.is_enabled, point.access_level, point.power_limit_w, point.smart_charging, point.trigger_message,
        point.registration, point.security_profile, point.default_protocol, point.created_at, station.model,
        station.serial_number, station.vendor, station.firmware_version, station.protocol_version, station.last_seen_at,
        coalesce(station.disconnected_at IS NULL AND station.connected_at IS NOT NULL AND station.offline_after > now(), false),
        whole.status, whole.error_code, whole.info, whole.since, whole.received_at
        """

    package init(_ cells: inout Cells) throws {
        id = try cells.next()
        title = try cells.next()
        description = try cells.next()
        address = try cells.next()
        latitude = try cells.next()
        longitude = try cells.next()
        owner = try cells.next()
        site = try cells.next()
        isEnabled = try cells.next()
        accessLevel = try cells.next()
        powerLimitW = try cells.next()
        smartCharging = try cells.next()
        triggerMessage = try cells.next()
        registration = try cells.next()
        securityProfile = try cells.next()
        defaultProtocol = try cells.next()
        createdAt = try cells.next()
        model = try cells.next()
        serialNumber = try cells.next()
        vendor = try cells.next()
        firmware = try cells.next()
        protocolVersion = try cells.next()
        lastSeen = try cells.next()
        isOnline = try cells.next()
        status = try cells.next()
        errorCode = try cells.next()
        info = try cells.next()
        statusSince = try cells.next()
        statusReceived = try cells.next()
    }

    /// Nobody can charge here: away, or said so itself.
    package var isOutOfUse: Bool { !isOnline || status == "Unavailable" || status == "Faulted" }

    /// - Parameter seesHardware: serial number, vendor and firmware are for those who look after the point.
    package func body(_ connectors: [ConnectorRow], seesHardware: Bool) -> ChargePointBody {
        let connection: ChargePointBody.ConnectionStatus =
            !isEnabled ? .disabled : isOnline ? .connected : .disconnected
        return ChargePointBody(
            charge_point_id: id, is_enabled: isEnabled, title: title, description: description,
            model: model ?? "", serial_number: seesHardware ? serialNumber ?? "" : "",
            vendor: seesHardware ? vendor ?? "" : "", firmware_version: seesHardware ? firmware ?? "" : "",
            status: isOutOfUse ? "Unavailable" : status ?? "Unknown", error_code: errorCode ?? "",
            info: info ?? "", event_time: statusReceived ?? .never, is_online: isOnline,
            status_time: statusSince ?? .never, address: address,
            access_type: accessLevel == 0 ? .public : .private, access_level: Int(accessLevel),
            location: Coordinates(latitude: latitude ?? 0, longitude: longitude ?? 0),
            connectors: connectors.map { $0.body(of: self) }, last_seen: lastSeen ?? .never,
            location_id: site.map(String.init) ?? "", station_id: site, owner_id: owner,
            connection_status: connection, power_limit: powerLimitW.map(Int.init),
            smart_charging: smartCharging, trigger_message: triggerMessage,
            password_required: securityProfile == 1 || securityProfile == 2,
            // The table's own constraint keeps other words out.
            registration: Registration(rawValue: registration) ?? .pending,
            security_profile: Int(securityProfile), default_protocol: defaultProtocol,
            protocol_version: protocolVersion ?? "", created_at: createdAt)
    }
}
