import Core
import FoundationEssentials

/// A place on the globe, in degrees.
struct Coordinates: Codable, Equatable, Sendable {
    var latitude: Double
    var longitude: Double
}

/// A charge point as the API shows it: what was configured and what the station reported, in one object (api.md 4.4).
struct ChargePointBody: Codable, Equatable, Sendable {
    var charge_point_id: String
    var is_enabled: Bool
    var title: String
    var description: String
    var model: String
    var serial_number: String
    var vendor: String
    var firmware_version: String
    /// OCPP's word, or `Unknown`.
    var status: String
    var error_code: String
    var info: String
    var event_time: Date
    var is_online: Bool
    var status_time: Date
    var address: String
    var access_type: AccessType
    var access_level: Int
    var location: Coordinates
    var connectors: [ConnectorBody]
    var last_seen: Date
    var location_id: String
    @OrNull var station_id: Int64?
    @OrNull var owner_id: Int64?
    var connection_status: ConnectionStatus
    @OrNull var power_limit: Int?
    var smart_charging: Bool
    var trigger_message: Bool
    var password_required: Bool
    var registration: Registration
    var security_profile: Int
    @OrNull var default_protocol: String?
    var protocol_version: String
    var created_at: Date

    /// In the order of precedence.
    enum ConnectionStatus: String, Codable, CaseIterable, Sendable {
        case disabled = "Disabled"
        case connected = "Connected"
        case disconnected = "Disconnected"
    }
}

enum AccessType: String, Codable, CaseIterable, Sendable {
    case `public`, `private`
}

enum Registration: String, Codable, CaseIterable, Sendable {
    case approved, pending, rejected
}

/// A connector as the API shows it inside its charge point.
struct ConnectorBody: Codable, Equatable, Sendable {
    /// OCPP's number.
    var connector_id: Int
    var connector_id_name: String
    var charge_point_id: String
    var type: String
    var status: String
    var status_time: Date
    var state: ConnectorState
    var info: String
    var vendor_id: String
    var error_code: String
    /// W.
    var power: Int
    /// 0: idle.
    var current_transaction_id: Int64
    var port_id: Int64
    var current_type: String
    @OrNull var price_per_kwh: Int64?
    var is_active: Bool
    @OrNull var current_power_limit: Int?
}

/// The three words that drivers understand, and the words of the parts of the API that have others.
enum ConnectorState: String, Codable, CaseIterable, Sendable {
    case available, occupied, unavailable

    /// The table of api.md 4.4.
    init(ocpp status: String) {
        switch status {
        case "Available": self = .available
        case "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Reserved":
            self = .occupied
        default: self = .unavailable
        }
    }
}

extension Date {
    /// "Never", in the family of the contract that has no null for it.
    static let never = Date(timeIntervalSince1970: -62_135_596_800)
}
