import Contracts
import Core
import FoundationEssentials
import Postgres

/// A booked spot (api.md 4.8).
struct StayBody: Codable, Equatable, Sendable {
    var id: Int64
    var lot_id: Int64
    var lot_name: String
    var spot_id: Int64
    var spot_identifier: String
    var user_id: Int64
    var vehicle_number: String
    @OrNull var vehicle_model: String?
    @OrNull var vehicle_color: String?
    var parking_timestamp: Date
    @OrNull var leaving_timestamp: Date?
    @OrNull var expected_leaving_time: Date?
    /// As it was at the booking.
    var hourly_rate: Int64
    var hourly_rate_decimal: String
    var parking_cost: Int64
    var parking_cost_decimal: String
    var currency: String
    var status: StayStatus
    @OrNull var remarks: String?
    var duration_str: String
    var is_active: Bool
    var is_completed: Bool
    var is_overdue: Bool
    @OrNull var charging_id: Int64?
    var created_at: Date
    var updated_at: Date
}

enum StayStatus: String, Codable, CaseIterable, Sendable {
    case active, completed, cancelled
}

struct StayInput: Codable, Sendable {
    var vehicle_number: Text<1, 20>
    var vehicle_model: Text<0, 50>?
    var vehicle_color: Text<0, 50>?
    var remarks: Text<0, 500>?
    var expected_leaving_time: Date?
    /// The free one of the lowest number where none is named.
    var spot_number: Int?

    /// Throws: `InvalidRequest`.
    func check(at now: Date) throws(InvalidRequest) {
        var mistakes = Mistakes()
        let isPlain = vehicle_number.text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        if !isPlain { mistakes.add("vehicle_number", "must be letters and digits") }
        if let end = expected_leaving_time, end <= now { mistakes.add("expected_leaving_time", "is over") }
        try mistakes.check()
    }
}

/// What standing somewhere costs (api.md 5.6).
enum ParkingCost {
    /// Each hour that has begun counts whole; the first one in any case.
    static func of(_ stay: Duration, hourlyRate: Int64) -> Int64 {
        let hour = Duration.seconds(3_600).wholeNanoseconds
        let begun = (max(0, stay.wholeNanoseconds) + hour - 1) / hour
        return max(1, begun) * hourlyRate
    }
}

/// A stay as it is stored.
struct StayRow: JoinedRow, Equatable, Sendable {
    var id: ID<ParkingReservation>
    var lot: ID<ParkingLot>
    var lotName: String
    var spot: ID<ParkingSpot>
    var spotNumber: Int32
    var user: ID<User>
    var vehicleNumber: String
    var vehicleModel: String?
    var vehicleColor: String?
    var remarks: String?
    var parkedAt: Date
    var leftAt: Date?
    var expectedLeavingAt: Date?
    var hourlyRate: Int64
    var cost: Int64
    private var word: String
    var charging: Int64?
    var createdAt: Date
    var updatedAt: Date

    static let columns = """
        stay.id, stay.lot_id, lot.name, stay.spot_id, spot.number, stay.user_id, stay.vehicle_number,
        stay.vehicle_model, stay.vehicle_color, stay.remarks, stay.parked_at, stay.left_at, stay.expected_leaving_at,
        stay.hourly_rate, stay.cost, stay.status, stay.charging_id, stay.created_at, stay.updated_at
        """

    static let relations: SQL = """
        FROM accounts.parking_reservation AS stay
        JOIN accounts.parking_lot AS lot ON lot.id = stay.lot_id
        JOIN accounts.parking_spot AS spot ON spot.id = stay.spot_id
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        lot = try cells.next()
        lotName = try cells.next()
        spot = try cells.next()
        spotNumber = try cells.next()
        user = try cells.next()
        vehicleNumber = try cells.next()
        vehicleModel = try cells.next()
        vehicleColor = try cells.next()
        remarks = try cells.next()
        parkedAt = try cells.next()
        leftAt = try cells.next()
        expectedLeavingAt = try cells.next()
        hourlyRate = try cells.next()
        cost = try cells.next()
        word = try cells.next()
        charging = try cells.next()
        createdAt = try cells.next()
        updatedAt = try cells.next()
    }

    // The table's own constraint keeps other words out.
    var status: StayStatus { StayStatus(rawValue: word) ?? .cancelled }
    var spotIdentifier: String { "\(lotName)-\(spotNumber)" }

    private func length(at now: Date) -> String {
        let minutes = max(0, (leftAt ?? now).duration(since: parkedAt).wholeSeconds) / 60
        return "\(minutes / 60)h \(minutes % 60)m" + (status == .active ? " (ongoing)" : "")
    }

    func body(at now: Date, in currency: Currency) -> StayBody {
        StayBody(
            id: id.number, lot_id: lot.number, lot_name: lotName, spot_id: spot.number,
            spot_identifier: spotIdentifier, user_id: user.number, vehicle_number: vehicleNumber,
            vehicle_model: vehicleModel, vehicle_color: vehicleColor, parking_timestamp: parkedAt,
            leaving_timestamp: leftAt, expected_leaving_time: expectedLeavingAt, hourly_rate: hourlyRate,
            hourly_rate_decimal: Money(hourlyRate, currency).decimal, parking_cost: cost,
            parking_cost_decimal: Money(cost, currency).decimal, currency: currency.code, status: status,
            remarks: remarks, duration_str: length(at: now), is_active: status == .active,
            is_completed: status == .completed,
            is_overdue: status == .active && expectedLeavingAt.map { $0 < now } ?? false,
            charging_id: charging, created_at: createdAt, updated_at: updatedAt)
    }
}
