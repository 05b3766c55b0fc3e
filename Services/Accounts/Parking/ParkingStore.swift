import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

extension LotRow {
    /// With what is counted in it now.
    static let relations: SQL = """
        FROM accounts.parking_lot AS lot
        LEFT JOIN LATERAL (
            SELECT count(*) AS spots,
                count(*) FILTER (WHERE held.id IS NOT NULL OR coalesce(report.status, 'Available') <> 'Available') AS occupied
            FROM accounts.parking_spot AS spot
            LEFT JOIN accounts.parking_reservation AS held ON held.spot_id = spot.id AND held.status = 'active'
            LEFT JOIN gateway_view.connector_status AS report
                ON report.charge_point_id = spot.charge_point_id AND report.connector_id = spot.connector_id
            WHERE spot.lot_id = lot.id AND spot.deleted_at IS NULL
        ) AS count ON true
        """
}

extension Query where Result == [LotRow] {
    static func lots(onlyActive: Bool, _ cut: Cut) -> Self {
        page(where: "lot.deleted_at IS NULL AND (lot.is_active OR NOT \(onlyActive))", by: "lot.id", cut)
    }
}

extension Query where Result == Int64 {
    static func countLots(onlyActive: Bool) -> Self {
        "SELECT count(*) FROM accounts.parking_lot WHERE deleted_at IS NULL AND (is_active OR NOT \(onlyActive))"
    }
}

extension Query where Result == LotRow? {
    static func lot(_ id: ID<ParkingLot>) -> Self {
        """
        \(rows: LotRow.self)
        WHERE lot.id = \(id) AND lot.deleted_at IS NULL
        """
    }
}

extension Query where Result == ID<ParkingLot>? {
    /// Holds the lot for the rest of the transaction: whoever books or changes its spots waits for the others.
    static func holdLot(_ id: ID<ParkingLot>) -> Self {
        "SELECT id FROM accounts.parking_lot WHERE id = \(id) AND deleted_at IS NULL FOR UPDATE"
    }
}

extension SQL {
    fileprivate static func time(_ minutes: Int32?) -> SQL {
        guard let minutes else { return "NULL::time" }
        return "make_time(\(minutes / 60), \(minutes % 60), 0)"
    }
}

extension Query where Result == ID<ParkingLot> {
    static func enter(_ lot: LotRow) -> Self {
        """
        INSERT INTO accounts.parking_lot (name, address, pin_code, price_per_hour, description, opening_time, closing_time,
            is_active, site_id, created_at, updated_at)
        VALUES (\(lot.name), \(lot.address), \(lot.pinCode), \(lot.pricePerHour), \(lot.note as String?),
            \(SQL.time(lot.opens)), \(SQL.time(lot.closes)), \(lot.isActive), \(lot.site as ID<Site>?),
            \(lot.createdAt), \(lot.updatedAt))
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func store(_ lot: LotRow) -> Self {
        """
        UPDATE accounts.parking_lot
        SET name = \(lot.name), address = \(lot.address), pin_code = \(lot.pinCode),
            price_per_hour = \(lot.pricePerHour), description = \(lot.note as String?),
            opening_time = \(SQL.time(lot.opens)), closing_time = \(SQL.time(lot.closes)), is_active = \(lot.isActive),
            site_id = \(lot.site as ID<Site>?), updated_at = \(lot.updatedAt)
        WHERE id = \(lot.id)
        """
    }

    static func hide(_ lot: ID<ParkingLot>, at now: Date) -> Self {
        "UPDATE accounts.parking_lot SET deleted_at = \(now), updated_at = \(now) WHERE id = \(lot)"
    }

    /// Adds the numbers up to `most` that are missing.
    static func addSpots(to lot: ID<ParkingLot>, upTo most: Int) -> Self {
        """
        INSERT INTO accounts.parking_spot (lot_id, number)
        SELECT \(lot), number FROM generate_series(1, \(Int32(most))) AS number
        WHERE NOT EXISTS (
            SELECT FROM accounts.parking_spot AS known
            WHERE known.lot_id = \(lot) AND known.number = number.number AND known.deleted_at IS NULL
        )
        ORDER BY number
        LIMIT \(most) - (
            SELECT count(*) FROM accounts.parking_spot WHERE lot_id = \(lot) AND deleted_at IS NULL
        )
        """
    }

    static func hide(_ spots: [ID<ParkingSpot>], at now: Date) -> Self {
        """
        UPDATE accounts.parking_spot SET deleted_at = \(now) WHERE id = ANY (\(spots.map(\.number)))
        """
    }

    static func connect(_ spot: ID<ParkingSpot>, to point: String?, _ connector: Int32?) -> Self {
        """
        UPDATE accounts.parking_spot
        SET charge_point_id = \(point as String?), connector_id = \(connector as Int32?)
        WHERE id = \(spot)
        """
    }
}

extension Query where Result == [SpotRow] {
    /// By number.
    static func spots(of lot: ID<ParkingLot>) -> Self {
        """
        \(rows: SpotRow.self)
        WHERE spot.lot_id = \(lot) AND spot.deleted_at IS NULL
        ORDER BY spot.number
        """
    }
}

/// Which stays are asked for.
struct StayFilter: Sendable {
    var lot: ID<ParkingLot>?
    var user: Int64?
    var status: StayStatus?

    fileprivate var condition: SQL {
        var condition: SQL = "true"
        if let lot { condition = "stay.lot_id = \(lot)" }
        if let user { condition = "\(condition) AND stay.user_id = \(user)" }
        if let status { condition = "\(condition) AND stay.status = \(status.rawValue)" }
        return condition
    }
}

extension Query where Result == [StayRow] {
    /// Newest first unless asked otherwise.
    static func stays(_ filter: StayFilter, _ cut: Cut) -> Self {
        page(where: filter.condition, by: "stay.id", cut)
    }
}

extension Query where Result == Int64 {
    static func countStays(_ filter: StayFilter) -> Self {
        "SELECT count(*) FROM accounts.parking_reservation AS stay WHERE \(filter.condition)"
    }
}

extension Query where Result == StayRow? {
    static func stay(_ id: ID<ParkingReservation>) -> Self {
        """
        \(rows: StayRow.self)
        WHERE stay.id = \(id)
        """
    }

    static func oldestStay(of user: Int64) -> Self {
        """
        \(rows: StayRow.self)
        WHERE stay.user_id = \(user) AND stay.status = 'active'
        ORDER BY stay.id
        LIMIT 1
        """
    }

    /// Holds it for the rest of the transaction.
    static func heldStay(_ id: ID<ParkingReservation>) -> Self {
        """
        \(rows: StayRow.self)
        WHERE stay.id = \(id)
        FOR UPDATE OF stay
        """
    }
}

extension Query where Result == ID<ParkingReservation> {
    /// - Parameter charging: the session that this very person has on the spot's connector.
    static func park(
        _ input: StayInput, on spot: SpotRow, by user: Int64, rate: Int64, charging: Int64?, at now: Date
    ) -> Self {
        """
        INSERT INTO accounts.parking_reservation (lot_id, spot_id, user_id, vehicle_number, vehicle_model, vehicle_color,
            remarks, parked_at, expected_leaving_at, hourly_rate, charging_id, created_at, updated_at)
        VALUES (\(spot.lot), \(spot.id), \(user), \(input.vehicle_number.text.uppercased()),
            \(input.vehicle_model?.text as String?), \(input.vehicle_color?.text as String?),
            \(input.remarks?.text as String?), \(now), \(input.expected_leaving_time as Date?), \(rate),
            \(charging as Int64?), \(now), \(now))
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func leave(_ stay: ID<ParkingReservation>, _ status: StayStatus, cost: Int64, at now: Date) -> Self
    {
        """
        UPDATE accounts.parking_reservation
        SET status = \(status.rawValue), cost = \(cost), left_at = \(now), updated_at = \(now)
        WHERE id = \(stay)
        """
    }

    /// A session began where its driver stands.
    static func link(_ session: ID<ChargingSession>, of user: ID<User>, at place: ConnectorPlace, now: Date)
        -> Self
    {
        """
        UPDATE accounts.parking_reservation AS stay
        SET charging_id = \(session), updated_at = \(now)
        FROM accounts.parking_spot AS spot
        WHERE spot.id = stay.spot_id AND stay.status = 'active' AND stay.user_id = \(user)
            AND spot.charge_point_id = \(place.chargePoint.text)
            AND spot.connector_id = \(Int32(clamping: place.number))
        """
    }
}
