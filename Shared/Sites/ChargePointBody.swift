package import Core
package import FoundationEssentials

/// A place on the globe, in degrees.
package struct Coordinates: Codable, Equatable, Sendable {
    package var latitude: Double
    package var longitude: Double

    package init(latitude: Double, longitude: Double) {
        self.latitude = latitude
        self.longitude = longitude
    }
}

/// A charge point as the API shows it: what was configured and what the station reported, in one object (api.md 4.4).
package struct ChargePointBody: Codable, Equatable, Sendable {
    package var charge_point_id: String
    package var is_enabled: Bool
    package var title: String
    package var description: String
    package var model: String
    package var serial_number: String
    package var vendor: String
    package var firmware_version: String
    /// OCPP's word, or `Unknown`.
    package var status: String
    package var error_code: String
    package var info: String
    package var event_time: Date
    package var is_online: Bool
    package var status_time: Date
    package var address: String
    package var access_type: AccessType
    package var access_level: Int
    package var location: Coordinates
    package var connectors: [ConnectorBody]
    package var last_seen: Date
    package var location_id: String
    @OrNull package var station_id: Int64?
    @OrNull package var owner_id: Int64?
    package var connection_status: ConnectionStatus
    @OrNull package var power_limit: Int?
    package var smart_charging: Bool
    package var trigger_message: Bool
    package var password_required: Bool
    package var registration: Registration
    package var security_profile: Int
    @OrNull package var default_protocol: String?
    package var protocol_version: String
    package var created_at: Date

    /// In the order of precedence.
    package enum ConnectionStatus: String, Codable, CaseIterable, Sendable {
        case disabled = "Disabled"
        case connected = "Connected"
        case disconnected = "Disconnected"
    }
}

package enum AccessType: String, Codable, CaseIterable, Sendable {
    case `public`, `private`
}

package enum Registration: String, Codable, CaseIterable, Sendable {
    case approved, pending, rejected
}

/// A connector as the API shows it inside its charge point.
package struct ConnectorBody: Codable, Equatable, Sendable {
    /// OCPP's number.
    package var connector_id: Int
    package var connector_id_name: String
    package var charge_point_id: String
    package var type: String
    package var status: String
    package var status_time: Date
    package var state: ShownState
    package var info: String
    package var vendor_id: String
    package var error_code: String
    /// W.
    package var power: Int
    /// 0: idle.
    package var current_transaction_id: Int64
    package var port_id: Int64
    package var current_type: String
    @OrNull package var price_per_kwh: Int64?
    package var is_active: Bool
    @OrNull package var current_power_limit: Int?
}

/// The three words that drivers understand, and the words of the parts of the API that have others.
package enum ShownState: String, Codable, CaseIterable, Sendable {
    case available, occupied, unavailable

    /// The table of api.md 4.4.
    package init(ocpp status: String) {
        switch status {
        case "Available": self = .available
        case "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Reserved":
            self = .occupied
        default: self = .unavailable
        }
    }
}
