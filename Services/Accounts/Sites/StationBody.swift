import Core
import FoundationEssentials

/// A station: a site with charge points (api.md 4.5).
struct StationBody: Codable, Equatable, Sendable {
    var id: Int64
    var name: String
    var lat: Double
    var lng: Double
    var address: String
    @OrNull var city: String?
    @OrNull var postal_code: String?
    @OrNull var country: String?
    @OrNull var image_url: String?
    var status: SiteStatus
    @OrNull var opening_time: String?
    @OrNull var closing_time: String?
    var is_open: Bool
    @OrNull var price_per_kwh: Int64?
    @OrNull var price_per_kwh_decimal: String?
    @OrNull var power_limit: Int?
    @OrNull var default_power_limit: Int?
    var roaming: Bool
    var ports_total: Int64
    var ports_available: Int64
    @OrNull var owner_id: Int64?
    var created_at: Date
}

/// A station with its ports, as it is shown alone.
struct StationWithPorts: Codable, Equatable, Sendable {
    let station: StationBody
    let ports: [PortBody]

    private enum CodingKeys: CodingKey {
        case ports
    }

    init(station: StationBody, ports: [PortBody]) {
        self.station = station
        self.ports = ports
    }

    init(from decoder: any Decoder) throws {
        station = try StationBody(from: decoder)
        ports = try decoder.container(keyedBy: CodingKeys.self).decode([PortBody].self, forKey: .ports)
    }

    func encode(to encoder: any Encoder) throws {
        try station.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ports, forKey: .ports)
    }
}

enum SiteStatus: String, Codable, CaseIterable, Sendable {
    case active, inactive, maintenance
}

/// What is written of a station. On PATCH what is absent stays; POST and PUT need name, place and address.
struct StationInput: Codable, Sendable {
    var name: Text<3, 255>?
    var lat: Double?
    var lng: Double?
    var address: Text<5, 255>?
    var city: Patch<Text<0, 100>>
    var postal_code: Patch<Text<0, 20>>
    var country: Patch<Text<2, 2>>
    var status: SiteStatus?
    var opening_time: Patch<TimeOfDay>
    var closing_time: Patch<TimeOfDay>
    var price_per_kwh: Patch<Whole<0, 100_000>>
    var power_limit: Patch<Whole<1, 100_000_000>>
    var default_power_limit: Patch<Whole<1, 100_000_000>>
    var roaming: Bool?
}
