import Core
import FoundationEssentials
import Postgres

/// A charge point with what its station last said, in one row.
struct ChargePointRow: Row, Equatable, Sendable {
    var id: String
    var title: String
    var description: String
    var address: String
    var latitude: Double?
    var longitude: Double?
    var owner: Int64?
    var site: Int64?
    var isEnabled: Bool
    var accessLevel: Int16
    var powerLimitW: Int32?
    var smartCharging: Bool
    var triggerMessage: Bool
    var registration: String
    var securityProfile: Int16
    var defaultProtocol: String?
    var createdAt: Date
    var model: String?
    var serialNumber: String?
    var vendor: String?
    var firmware: String?
    var protocolVersion: String?
    var lastSeen: Date?
    var isOnline: Bool
    var status: String?
    var errorCode: String?
    var info: String?
    var statusSince: Date?
    var statusReceived: Date?

    static let columns = """
        point.charge_point_id, point.title, point.description, point.address,
        coalesce(point.latitude, site.latitude), coalesce(point.longitude, site.longitude), point.owner_id, point.site_id,
        point.is_enabled, point.access_level, point.power_limit_w, point.smart_charging, point.trigger_message,
        point.registration, point.security_profile, point.default_protocol, point.created_at, station.model,
        station.serial_number, station.vendor, station.firmware_version, station.protocol_version, station.last_seen_at,
        coalesce(station.disconnected_at IS NULL AND station.connected_at IS NOT NULL AND station.offline_after > now(), false),
        whole.status, whole.error_code, whole.info, whole.since, whole.received_at
        """

    /// The relations behind `columns`.
    static let relations: SQL = """
        FROM accounts.charge_point AS point
        LEFT JOIN accounts.site AS site ON site.id = point.site_id
        LEFT JOIN gateway_view.station AS station ON station.charge_point_id = point.charge_point_id
        LEFT JOIN gateway_view.connector_status AS whole
            ON whole.charge_point_id = point.charge_point_id AND whole.connector_id = 0
        """

    init(_ cells: inout Cells) throws {
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
    var isOutOfUse: Bool { !isOnline || status == "Unavailable" || status == "Faulted" }

    func body(_ connectors: [ConnectorRow], for viewer: Viewer) -> ChargePointBody {
        let seesHardware = viewer.seesHardware(ofOwner: owner)
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
