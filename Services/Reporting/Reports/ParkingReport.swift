import Core
import HTTP
import Hosting
import Postgres

/// One lot of `/reports/parking`.
struct ParkingRow: Codable, Equatable, Sendable {
    var lot_id: Int64
    var lot_name: String
    var bookings: Int64
    /// Two decimals.
    var hours: Double
    var amount: Int64
    var amount_decimal: String
}

/// A lot without the currency.
private struct LotSums: RowDecodable {
    let lot: Int64
    let name: String
    let bookings: Int64
    let seconds: Int64
    let amount: Int64

    init(_ cells: inout Cells) throws {
        lot = try cells.next()
        name = try cells.next()
        bookings = try cells.next()
        seconds = try cells.next()
        amount = try cells.next()
    }
}

extension Query where Result == [LotSums] {
    /// Bookings that began in the range and were not taken back. Hours and money of those who have left.
    fileprivate static func parking(of range: ReportRange, lot: Int64?, cut: Cut) -> Self {
        """
        SELECT lot.lot_id, lot.name, count(stay.reservation_id),
            coalesce(round(sum(extract(epoch FROM stay.left_at - stay.parked_at))), 0)::bigint,
            coalesce(sum(stay.cost), 0)::bigint
        FROM accounts_view.parking_lot AS lot
        LEFT JOIN accounts_view.parking_reservation AS stay
            ON stay.lot_id = lot.lot_id AND stay.status <> 'cancelled'
                AND stay.parked_at >= \(range.begin) AND stay.parked_at < \(range.end)
        WHERE NOT lot.is_deleted AND (\(lot as Int64?)::bigint IS NULL OR lot.lot_id = \(lot as Int64?))
        GROUP BY lot.lot_id, lot.name
        ORDER BY lot.lot_id \(cut.direction)
        LIMIT \(cut.limit)
        OFFSET \(cut.offset)
        """
    }
}

extension Reporting {
    func reportParking(_ call: Call<None, PeriodQuery, None>) async throws -> PagedList<ParkingRow> {
        let range = try call.query.range(at: host.clock.now)
        let (database, currency, lot) = (host.database, host.settings.currency, call.query.lot_id)
        return try await PagedList(call.query) {
            let count: Int64 = try await database.run(
                """
                SELECT count(*) FROM accounts_view.parking_lot
                WHERE NOT is_deleted AND (\(lot as Int64?)::bigint IS NULL OR lot_id = \(lot as Int64?))
                """)
            return Int(count)
        } rows: { cut in
            try await database.run(.parking(of: range, lot: lot, cut: cut)).map { row in
                ParkingRow(
                    lot_id: row.lot, lot_name: row.name, bookings: row.bookings,
                    hours: (Double(row.seconds) / 36).rounded() / 100, amount: row.amount,
                    amount_decimal: Money(row.amount, currency).decimal)
            }
        }
    }
}
