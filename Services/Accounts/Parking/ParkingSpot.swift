import Contracts
import Core
import Postgres

/// One place of a car park (api.md 4.8).
struct SpotBody: Codable, Equatable, Sendable {
    enum Status: String, Codable, CaseIterable, Sendable {
        case available = "A"
        case occupied = "O"
    }

    var id: Int64
    var lot_id: Int64
    var number: Int
    var status: Status
    @OrNull var charge_point_id: String?
    @OrNull var connector_id: Int?
    @OrNull var reservation_id: Int64?
}

/// Which connector a new lot's spot has.
struct SpotInput: Codable, Sendable {
    var number: Whole<1, 1_000>
    var charge_point_id: Text<1, 48>?
    var connector_id: Whole<1, 99>?
}

/// Both or none; null takes the connector away.
struct SpotChange: Codable, Sendable {
    var charge_point_id: Patch<Text<1, 48>>
    var connector_id: Patch<Whole<1, 99>>
}

enum ParkingSpot {}

struct SpotRow: JoinedRow, Equatable, Sendable {
    var id: ID<ParkingSpot>
    var lot: ID<ParkingLot>
    var number: Int32
    var point: String?
    var connector: Int32?
    var reservation: ID<ParkingReservation>?
    /// By the table of api.md 4.4: whatever its connector says but Available; as last known while the point is away.
    var isOccupiedByConnector: Bool
    /// Of the session on its connector.
    var chargingUser: Int64?
    var charging: Int64?

    static let columns = """
        spot.id, spot.lot_id, spot.number, spot.charge_point_id, spot.connector_id, held.id,
        coalesce(report.status, 'Available') <> 'Available', charge.user_id, charge.session_id
        """

    static let relations: SQL = """
        FROM accounts.parking_spot AS spot
        LEFT JOIN accounts.parking_reservation AS held ON held.spot_id = spot.id AND held.status = 'active'
        LEFT JOIN gateway_view.connector_status AS report
            ON report.charge_point_id = spot.charge_point_id AND report.connector_id = spot.connector_id
        LEFT JOIN gateway_view.session AS charge
            ON charge.session_id = report.session_id AND NOT charge.is_finished
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        lot = try cells.next()
        number = try cells.next()
        point = try cells.next()
        connector = try cells.next()
        reservation = try cells.next()
        isOccupiedByConnector = try cells.next()
        chargingUser = try cells.next()
        charging = try cells.next()
    }

    var isOccupied: Bool { reservation != nil || isOccupiedByConnector }

    /// Whoever charges there stands there already.
    func isFree(for user: Int64) -> Bool {
        reservation == nil && (!isOccupiedByConnector || chargingUser == user)
    }

    var body: SpotBody {
        SpotBody(
            id: id.number, lot_id: lot.number, number: Int(number),
            status: isOccupied ? .occupied : .available,
            charge_point_id: point, connector_id: connector.map(Int.init), reservation_id: reservation?.number
        )
    }
}
