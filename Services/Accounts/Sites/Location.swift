import Core
import HTTP
import Hosting
import Postgres
import Sites

/// A station as the evsys-compatible family shows it (api.md 4.3).
struct LocationBody: Codable, Equatable, Sendable {
    /// The station's number as text.
    var id: String
    var station_id: Int64
    var roaming: Bool
    var name: String
    var address: String
    var city: String
    var postal_code: String
    var country: String
    var coordinates: Coordinates
    var power_limit: Int
    var default_power_limit: Int
    var charge_points: [ChargePointBody]

    /// Characters of an address that fit.
    static let addressLength = 45

    init(_ row: SiteRow, _ points: [ChargePointBody]) {
        let site = row.site
        id = String(row.id)
        station_id = row.id
        roaming = site.roaming
        name = site.name
        address = String(site.address.prefix(Self.addressLength))
        city = String((site.city ?? "").prefix(Self.addressLength))
        postal_code = site.postalCode ?? ""
        country = CountryCode.threeLetters(of: site.country ?? "")
        coordinates = Coordinates(latitude: site.latitude, longitude: site.longitude)
        power_limit = Int(site.powerLimitW ?? 0)
        default_power_limit = Int(site.defaultPowerLimitW ?? 0)
        charge_points = points
    }
}

extension Accounts {
    func showLocations(_ call: Call<None, CutQuery, None>) async throws -> Listed<LocationBody> {
        let (viewer, now, database) = (Viewer(call.caller), host.clock.now, host.database)
        return try await Listed(call.query, of: call.request) {
            Int(try await database.run(.countSites(SiteFilter(), for: viewer, at: now)))
        } rows: { cut in
            let sites = try await database.run(
                .sites(
                    SiteFilter(), for: viewer, at: now, limit: cut.limit, offset: cut.offset,
                    descending: false))
            let points = try await database.run(.chargePoints(ChargePointFilter(), for: viewer, at: now))
            let bodies = try await bodies(points.filter { $0.site != nil }, for: viewer)
            let bySite = Dictionary(grouping: bodies) { $0.station_id ?? 0 }
            return sites.map { LocationBody($0, bySite[$0.id] ?? []) }
        }
    }
}
