import Contracts
import Core
import Sites

/// What may be written of a charge point, by whichever door; absent fields stay as they are.
struct ChargePointChange: Codable, Sendable {
    var charge_point_id: ChargePointID?
    var title: Text<1, 100>?
    var description: Text<0, 1_000>?
    var address: Text<0, 255>?
    var is_enabled: Bool?
    var access_type: AccessType?
    var access_level: Whole<0, 10>?
    var location: Coordinates?
    /// The station's number as text; empty for none.
    var location_id: String?
    var station_id: Patch<ID<Site>>
    var owner_id: Patch<ID<User>>
    var power_limit: Patch<Whole<1, 10_000_000>>
    var smart_charging: Bool?
    var trigger_message: Bool?
    var password_required: Bool?
    var registration: Registration?
    var security_profile: Whole<0, 3>?
    var default_protocol: Patch<DefaultProtocol>
    var connectors: [ConnectorInput]?

    enum DefaultProtocol: String, Codable, CaseIterable, Sendable {
        case ocpp16 = "ocpp1.6"
    }
}
