import Core
import FoundationEssentials
import Postgres

/// A site as it is configured, and the rules of changing it.
struct ConfiguredSite: Row, Equatable, Sendable {
    var name: String
    var status: String
    var latitude: Double
    var longitude: Double
    var address: String
    var city: String?
    var postalCode: String?
    var country: String?
    /// Minutes of the day; both or none.
    var opens: Int32?
    var closes: Int32?
    var pricePerKWh: Int64?
    var powerLimitW: Int32?
    var defaultPowerLimitW: Int32?
    var roaming: Bool

    static let columns = """
        name, status, latitude, longitude, address, city, postal_code, country,
        (extract(epoch FROM opening_time) / 60)::integer, (extract(epoch FROM closing_time) / 60)::integer, price_per_kwh,
        power_limit_w, default_power_limit_w, roaming
        """

    init(_ cells: inout Cells) throws {
        name = try cells.next()
        status = try cells.next()
        latitude = try cells.next()
        longitude = try cells.next()
        address = try cells.next()
        city = try cells.next()
        postalCode = try cells.next()
        country = try cells.next()
        opens = try cells.next()
        closes = try cells.next()
        pricePerKWh = try cells.next()
        powerLimitW = try cells.next()
        defaultPowerLimitW = try cells.next()
        roaming = try cells.next()
    }

    /// A new site out of a complete input; also what PUT makes of an old one.
    init(_ input: StationInput) throws(SiteRefusal) {
        var mistakes = Mistakes()
        if input.name == nil { mistakes.add("name", "is required") }
        if input.lat == nil { mistakes.add("lat", "is required") }
        if input.lng == nil { mistakes.add("lng", "is required") }
        if input.address == nil { mistakes.add("address", "is required") }
        guard let name = input.name, let lat = input.lat, let lng = input.lng, let address = input.address,
            mistakes.all == nil
        else { throw .several(mistakes.all ?? InvalidRequest(reason: "incomplete", errors: [:])) }
        self.name = name.text
        latitude = lat
        longitude = lng
        self.address = address.text
        status = SiteStatus.active.rawValue
        roaming = false
        try apply(input)
    }

    /// Takes over what is sent, or nothing when it is refused.
    mutating func apply(_ input: StationInput) throws(SiteRefusal) {
        var next = self
        next.name = input.name?.text ?? name
        next.latitude = input.lat ?? latitude
        next.longitude = input.lng ?? longitude
        next.address = input.address?.text ?? address
        next.city = input.city.map(\.text).applied(to: city)
        next.postalCode = input.postal_code.map(\.text).applied(to: postalCode)
        next.country = input.country.map { $0.text.uppercased() }.applied(to: country)
        next.status = input.status?.rawValue ?? status
        next.opens = input.opening_time.map { Int32($0.minutes) }.applied(to: opens)
        next.closes = input.closing_time.map { Int32($0.minutes) }.applied(to: closes)
        next.pricePerKWh = input.price_per_kwh.map { Int64($0.number) }.applied(to: pricePerKWh)
        next.powerLimitW = input.power_limit.map { Int32($0.number) }.applied(to: powerLimitW)
        next.defaultPowerLimitW = input.default_power_limit.map { Int32($0.number) }.applied(
            to: defaultPowerLimitW)
        next.roaming = input.roaming ?? roaming
        var mistakes = Mistakes()
        if !(-90...90).contains(next.latitude) { mistakes.add("lat", "must be from -90 to 90") }
        if !(-180...180).contains(next.longitude) { mistakes.add("lng", "must be from -180 to 180") }
        if (next.opens == nil) != (next.closes == nil) {
            mistakes.add("non_field_errors", "opening_time and closing_time belong together")
        } else if next.opens != nil, next.opens == next.closes {
            mistakes.add("non_field_errors", "opening_time and closing_time must differ")
        }
        if let all = mistakes.all { throw .several(all) }
        self = next
    }
}

/// Whether a site is open: closing before opening means over midnight; no hours mean always.
struct OpeningHours: Equatable, Sendable {
    /// Minutes of the day.
    let opens: Int?
    let closes: Int?

    func holds(_ minute: Int) -> Bool {
        guard let opens, let closes else { return true }
        return opens < closes ? minute >= opens && minute < closes : minute >= opens || minute < closes
    }
}
