import Core
import FoundationEssentials
import Postgres

/// A site with what is counted of it.
struct SiteRow: JoinedRow, Equatable, Sendable {
    var id: Int64
    var owner: Int64?
    var createdAt: Date
    var portsTotal: Int64
    var portsAvailable: Int64
    var hasPicture: Bool
    var site: ConfiguredSite

    static let columns = """
        site.id, site.owner_id, site.created_at, ports.total, ports.available,
        EXISTS (SELECT FROM accounts.site_picture AS picture WHERE picture.site_id = site.id), site.name, site.status, site.latitude,
        site.longitude, site.address, site.city, site.postal_code, site.country,
        (extract(epoch FROM site.opening_time) / 60)::integer, (extract(epoch FROM site.closing_time) / 60)::integer,
        site.price_per_kwh, site.power_limit_w, site.default_power_limit_w, site.roaming
        """

    static let relations: SQL = """
        FROM accounts.site AS site
        CROSS JOIN LATERAL (
            SELECT count(connector.port_id) AS total,
                count(connector.port_id) FILTER (
                    WHERE connector.is_active AND connector.overlay IS NULL AND report.status = 'Available'
                        AND point.is_enabled AND station.disconnected_at IS NULL AND station.offline_after > now()
                ) AS available
            FROM accounts.charge_point AS point
            JOIN accounts.connector AS connector
                ON connector.charge_point_id = point.charge_point_id AND connector.deleted_at IS NULL
            LEFT JOIN gateway_view.connector_status AS report
                ON report.charge_point_id = connector.charge_point_id AND report.connector_id = connector.number
            LEFT JOIN gateway_view.station AS station ON station.charge_point_id = point.charge_point_id
            WHERE point.site_id = site.id AND point.deleted_at IS NULL
        ) AS ports
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        owner = try cells.next()
        createdAt = try cells.next()
        portsTotal = try cells.next()
        portsAvailable = try cells.next()
        hasPicture = try cells.next()
        site = try ConfiguredSite(&cells)
    }

    private static func text(_ minutes: Int32?) -> String? {
        minutes.flatMap { TimeOfDay(minutes: Int($0))?.text }
    }

    func body(at minute: Int, in currency: Currency) -> StationBody {
        let hours = OpeningHours(opens: site.opens.map(Int.init), closes: site.closes.map(Int.init))
        return StationBody(
            id: id, name: site.name, lat: site.latitude, lng: site.longitude, address: site.address,
            city: site.city, postal_code: site.postalCode, country: site.country,
            image_url: hasPicture ? StationBody.imagePath(of: id) : nil,
            status: SiteStatus(rawValue: site.status) ?? .inactive,
            opening_time: Self.text(site.opens), closing_time: Self.text(site.closes),
            is_open: site.status == SiteStatus.active.rawValue && hours.holds(minute),
            price_per_kwh: site.pricePerKWh,
            price_per_kwh_decimal: site.pricePerKWh.map { Money($0, currency).decimal },
            power_limit: site.powerLimitW.map(Int.init),
            default_power_limit: site.defaultPowerLimitW.map(Int.init), roaming: site.roaming,
            ports_total: portsTotal, ports_available: portsAvailable, owner_id: owner, created_at: createdAt)
    }
}

/// Which sites are asked for.
struct SiteFilter: Sendable {
    var status: SiteStatus?
    var text: String?
    var mostPrice: Int64?
    /// The minute of the day by the clocks of the tariffs, at which that is asked.
    var pricedAt = 0
    var connectorType: String?
    /// Degrees and kilometres.
    var around: (latitude: Double, longitude: Double, radius: Double)?
    /// The minute of the day at which it must be open.
    var openAt: Int?
}

extension SQL {
    /// Active sites are everybody's where they hold a visible charge point or none at all yet; staff, level 10 and
    /// the owner see the rest.
    fileprivate static func matching(_ filter: SiteFilter, _ viewer: Viewer, at now: Date) -> SQL {
        var condition: SQL = "site.deleted_at IS NULL"
        if viewer.level < 10 {
            condition = """
                \(condition) AND (site.owner_id = \(viewer.user) OR (site.status = 'active' AND (EXISTS (
                    SELECT FROM accounts.charge_point AS point
                    WHERE point.site_id = site.id AND point.deleted_at IS NULL AND \(viewer.sees(at: now))
                ) OR NOT EXISTS (
                    SELECT FROM accounts.charge_point AS point
                    WHERE point.site_id = site.id AND point.deleted_at IS NULL
                ))))
                """
        }
        if let status = filter.status { condition = "\(condition) AND site.status = \(status.rawValue)" }
        if let text = filter.text, !text.isEmpty {
            condition = "\(condition) AND \(Searched.sites.holds(text))"
        }
        if let price = filter.mostPrice {
            // What the viewer would pay at the cheapest connector that they see; a site without any has its own price.
            condition = """
                \(condition) AND coalesce((
                    SELECT min(CASE WHEN point.owner_id = \(viewer.user) THEN 0
                        ELSE coalesce(connector.price_per_kwh, own_plan.price_per_kwh, site.price_per_kwh,
                            default_plan.price_per_kwh, 0) END)
                    FROM accounts.charge_point AS point
                    JOIN accounts.connector AS connector
                        ON connector.charge_point_id = point.charge_point_id AND connector.deleted_at IS NULL
                    \(SQL.plans(of: viewer, minute: filter.pricedAt))
                    WHERE point.site_id = site.id AND point.deleted_at IS NULL AND \(viewer.sees(at: now))
                ), site.price_per_kwh) <= \(price)
                """
        }
        if let type = filter.connectorType {
            condition = """
                \(condition) AND EXISTS (
                    SELECT FROM accounts.connector AS connector
                    JOIN accounts.charge_point AS point ON point.charge_point_id = connector.charge_point_id
                    WHERE point.site_id = site.id AND point.deleted_at IS NULL AND connector.deleted_at IS NULL
                        AND connector.connector_type = \(type)
                )
                """
        }
        if let place = filter.around {
            condition = """
                \(condition) AND \(SQL.nearby(place)) AND 12742 * asin(sqrt(least(1,
                    power(sin(radians(site.latitude - \(place.latitude)) / 2), 2)
                    + cos(radians(\(place.latitude))) * cos(radians(site.latitude))
                        * power(sin(radians(site.longitude - \(place.longitude)) / 2), 2)))) <= \(place.radius)
                """
        }
        if let minute = filter.openAt {
            condition = """
                \(condition) AND site.status = 'active' AND (site.opening_time IS NULL
                    OR CASE WHEN site.opening_time < site.closing_time
                        THEN make_time(\(Int32(minute / 60)), \(Int32(minute % 60)), 0) >= site.opening_time
                            AND make_time(\(Int32(minute / 60)), \(Int32(minute % 60)), 0) < site.closing_time
                        ELSE make_time(\(Int32(minute / 60)), \(Int32(minute % 60)), 0) >= site.opening_time
                            OR make_time(\(Int32(minute / 60)), \(Int32(minute % 60)), 0) < site.closing_time END)
                """
        }
        return condition
    }
}

extension SQL {
    /// What the index knows of `site_place`: a box of degrees around the place, and the same beyond the date line. Who is inside it
    /// may still be too far away, in its corners; the haversine formula, on a sphere of the Earth's mean radius, says.
    fileprivate static func nearby(_ place: (latitude: Double, longitude: Double, radius: Double)) -> SQL {
        // A degree along a meridian, and a hair more, so that rounding leaves nobody out.
        let reach = place.radius / 111.194 + 1e-9
        let (south, north) = (place.latitude - reach, place.latitude + reach)
        // Around a pole every longitude is near.
        guard south > -90, north < 90 else {
            return """
                point(site.longitude, site.latitude)
                    <@ box(point(-180, \(max(south, -90))), point(180, \(min(north, 90))))
                """
        }
        let boxes = [0.0, -360, 360].map { turn -> SQL in
            """
            point(site.longitude, site.latitude) <@ box(
                point(\(place.longitude + turn) - degrees(asin(least(1, sind(\(reach)) / cosd(\(place.latitude))))), \(south)),
                point(\(place.longitude + turn) + degrees(asin(least(1, sind(\(reach)) / cosd(\(place.latitude))))), \(north)))
            """
        }
        return "(\(boxes[0]) OR \(boxes[1]) OR \(boxes[2]))"
    }
}

extension Query where Result == [SiteRow] {
    static func sites(
        _ filter: SiteFilter, for viewer: Viewer, at now: Date, limit: Int, offset: Int,
        descending: Bool
    ) -> Self {
        let order: SQL = descending ? "DESC" : "ASC"
        return """
            \(rows: SiteRow.self)
            WHERE \(SQL.matching(filter, viewer, at: now))
            ORDER BY site.id \(order)
            LIMIT \(limit) OFFSET \(offset)
            """
    }
}

extension Query where Result == SiteRow? {
    static func site(_ id: Int64, for viewer: Viewer, at now: Date) -> Self {
        """
        \(rows: SiteRow.self)
        WHERE site.id = \(id) AND \(SQL.matching(SiteFilter(), viewer, at: now))
        """
    }
}

extension Query where Result == ConfiguredSite? {
    static func holdSite(_ id: Int64) -> Self {
        """
        SELECT \(columns: ConfiguredSite.self) FROM accounts.site
        WHERE id = \(id) AND deleted_at IS NULL
        FOR UPDATE
        """
    }
}

extension Query where Result == Int64 {
    static func countSites(_ filter: SiteFilter, for viewer: Viewer, at now: Date) -> Self {
        "SELECT count(*) FROM accounts.site AS site WHERE \(SQL.matching(filter, viewer, at: now))"
    }

    static func enter(_ site: ConfiguredSite, at now: Date) -> Self {
        """
        INSERT INTO accounts.site (name, status, latitude, longitude, address, city, postal_code, country, opening_time,
            closing_time, price_per_kwh, power_limit_w, default_power_limit_w, roaming, created_at)
        VALUES (\(site.name), \(site.status), \(site.latitude), \(site.longitude), \(site.address),
            \(site.city as String?), \(site.postalCode as String?), \(site.country as String?),
            \(SQL.time(site.opens)), \(SQL.time(site.closes)), \(site.pricePerKWh as Int64?),
            \(site.powerLimitW as Int32?), \(site.defaultPowerLimitW as Int32?), \(site.roaming), \(now))
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func store(_ site: ConfiguredSite, as id: Int64) -> Self {
        """
        UPDATE accounts.site
        SET name = \(site.name), status = \(site.status), latitude = \(site.latitude), longitude = \(site.longitude),
            address = \(site.address), city = \(site.city as String?), postal_code = \(site.postalCode as String?),
            country = \(site.country as String?), opening_time = \(SQL.time(site.opens)),
            closing_time = \(SQL.time(site.closes)), price_per_kwh = \(site.pricePerKWh as Int64?),
            power_limit_w = \(site.powerLimitW as Int32?), default_power_limit_w = \(site.defaultPowerLimitW as Int32?),
            roaming = \(site.roaming)
        WHERE id = \(id)
        """
    }

    static func hideSite(_ id: Int64, at now: Date) -> Self {
        "UPDATE accounts.site SET deleted_at = \(now) WHERE id = \(id)"
    }
}

extension Query where Result == Bool {
    static func hasPoints(site: Int64) -> Self {
        "SELECT EXISTS (SELECT FROM accounts.charge_point WHERE site_id = \(site) AND deleted_at IS NULL)"
    }
}

extension SQL {
    /// A time of day out of its minutes.
    fileprivate static func time(_ minutes: Int32?) -> SQL {
        "('00:00'::time + make_interval(mins => \(minutes as Int32?)))"
    }
}
