import Core
import FoundationEssentials
import Postgres

/// One stay in the parking history that a person may take away.
struct ParkingRecord: RowDecodable, Sendable {
    let id: Int64
    private let spot: Int64
    private let lot: String
    private let address: String
    private let began: Date
    private let ended: Date?
    private let cost: Int64
    private let status: String
    private let remarks: String
    private let created: Date

    static let titles = [
        "reservation_id", "slot_id", "spot_id", "parking_lot_name", "parking_lot_address",
        "parking_timestamp",
        "leaving_timestamp", "duration_hours", "parking_cost", "currency", "status", "remarks", "created_at",
    ]

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        spot = try cells.next()
        lot = try cells.next()
        address = try cells.next()
        began = try cells.next()
        ended = try cells.next()
        cost = try cells.next()
        status = try cells.next()
        remarks = try cells.next()
        created = try cells.next()
    }

    func write(to line: inout CSVLine, in currency: Currency) {
        line.add("\(id)")
        line.add("\(spot)")
        line.add("SPOT-\(spot)")
        line.add(lot)
        line.add(address)
        line.add(Timestamp.text(began))
        line.add(ended.map(Timestamp.text) ?? "Still Parked")
        line.add(ended.map { Self.hours(from: began, to: $0) } ?? "N/A")
        line.add(Money(cost, currency).decimal)
        line.add(currency.code)
        line.add(status)
        line.add(remarks)
        line.add(Timestamp.text(created))
        line.end()
    }

    private static func hours(from begin: Date, to end: Date) -> String {
        let hundredths = Int((end.timeIntervalSince(begin) / 36).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}

extension Query where Result == [ParkingRecord] {
    /// Newest first, below a number: pages that do not shift while somebody parks.
    static func parkingRecords(of user: Int64, below id: Int64, limit: Int) -> Self {
        """
        SELECT stay.reservation_id, stay.spot_id, lot.name, lot.address, stay.parked_at, stay.left_at, stay.cost,
            initcap(stay.status), coalesce(stay.remarks, ''), stay.created_at
        FROM accounts_view.parking_reservation AS stay
        JOIN accounts_view.parking_lot AS lot ON lot.lot_id = stay.lot_id
        WHERE stay.user_id = \(user) AND stay.reservation_id < \(id)
        ORDER BY stay.reservation_id DESC
        LIMIT \(limit)
        """
    }
}
