import Contracts
import Core
import FoundationEssentials
import Postgres

/// One movement of money before it is booked: what the person sees, and from where to where it goes. The parts of the other
/// side are what the person's part leaves.
struct Booking: Sendable {
    enum Kind: String, Sendable {
        case topUp = "TopUp"
        case payment = "Payment"
        case refund = "Refund"
        case credit = "Credit"
        case adjustment = "Adjustment"
        case payout = "Payout"
    }

    enum Subject: String, Sendable {
        case charging, parking, topup, host, manual
    }

    enum Purse: String, Sendable {
        case balance, card
    }

    /// Accounts of the platform.
    enum Platform: String, Sendable {
        case host, revenue, vat, provider, adjustment, payout
    }

    var user: ID<User>
    /// Signed as the person sees it: charges are negative.
    var amount: Money
    var kind: Kind
    var subject: Subject
    var purse = Purse.balance
    var description = ""
    var car: Int64?
    var station: Int64?
    var session: ID<ChargingSession>?
    var parking: ID<ParkingReservation>?
    var order: ID<PaymentOrder>?
    /// What it is booked for: `session:812`, `session:812:1`, `api:…`. The same cause books once per kind.
    var cause: String
    var by: Int64?
    /// The other side; together they are the negative of `amount`.
    var counter: [(Platform, Int64)]
    /// API-made entries never make a balance negative; only a session's or a parking's debit can.
    var mayOverdraw = false
}

/// The cause had been booked already.
struct BookedAlready: Error {}

extension Transaction {
    /// Books, and answers the number of the entry. Throws: `BillingRefusal.balanceTooLow`, `BookedAlready`.
    func book(_ booking: Booking, at now: Date) async throws -> ID<LedgerEntry> {
        precondition(
            booking.counter.reduce(booking.amount.minorUnits) { $0 + $1.1 } == 0, "a booking is balanced")
        let booked = try await run(.book(booking, at: now))
        if !booking.mayOverdraw, booking.moved < 0, booked.balanceAfter < 0 {
            throw BillingRefusal.balanceTooLow
        }
        guard let entry = booked.entry else { throw BookedAlready() }
        return entry
    }
}

extension Booking {
    /// By how much the balance moves.
    fileprivate var moved: Int64 { purse == .balance ? amount.minorUnits : 0 }
}

private struct Booked: Row, Sendable {
    var balanceAfter: Int64
    /// Nil where the cause was booked before.
    var entry: ID<LedgerEntry>?

    static let columns = "purse.amount, entry.id"

    init(_ cells: inout Cells) throws {
        balanceAfter = try cells.next()
        entry = try cells.next()
    }
}

extension Query where Result == Booked {
    /// Balance, entry and postings by one statement, for a way to the database costs more than what is done there. The row that is
    /// moved is what others wait for, and the entry takes its number behind it: balances follow the order of numbers. An account
    /// that another transaction opens at this moment is not seen by `known`; opening it once more waits, and answers it.
    fileprivate static func book(_ booking: Booking, at now: Date) -> Self {
        let parts = booking.counter.filter { $0.1 != 0 }
        let (amount, purse) = (booking.amount.minorUnits, booking.purse.rawValue)
        return """
            WITH purse AS (
                INSERT INTO billing.balance AS known (user_id, amount) VALUES (\(booking.user), \(booking.moved))
                ON CONFLICT (user_id) DO UPDATE SET amount = known.amount + excluded.amount
                RETURNING amount
            ), entry AS (
                INSERT INTO billing.ledger_entry (user_id, amount, currency, type, subject, funding, description, car_id,
                    station_id, charging_id, parking_reservation_id, payment_order, balance_after, cause, created_by, created_at)
                SELECT \(booking.user), \(amount), \(booking.amount.currency), \(booking.kind.rawValue),
                    \(booking.subject.rawValue), \(purse), \(booking.description), \(booking.car as Int64?),
                    \(booking.station as Int64?), \(booking.session as ID<ChargingSession>?),
                    \(booking.parking as ID<ParkingReservation>?), \(booking.order as ID<PaymentOrder>?), purse.amount,
                    \(booking.cause), \(booking.by as Int64?), \(now)
                FROM purse
                ON CONFLICT (cause, type, user_id) DO NOTHING
                RETURNING id
            ), known AS (
                SELECT id FROM billing.ledger_account WHERE kind = \(purse) AND user_id = \(booking.user)
            ), opened AS (
                INSERT INTO billing.ledger_account (kind, user_id)
                SELECT \(purse), \(booking.user) WHERE \(amount) <> 0 AND NOT EXISTS (SELECT FROM known)
                ON CONFLICT (kind, user_id) WHERE user_id IS NOT NULL DO UPDATE SET kind = excluded.kind
                RETURNING id
            ), posted AS (
                INSERT INTO billing.posting (entry_id, account_id, amount)
                SELECT entry.id, own.id, \(amount)
                FROM entry CROSS JOIN (SELECT id FROM known UNION ALL SELECT id FROM opened) AS own
                WHERE \(amount) <> 0
                UNION ALL
                SELECT entry.id, account.id, part.amount
                FROM entry
                CROSS JOIN unnest(\(each: parts, \.0.rawValue), \(each: parts, \.1)) AS part (kind, amount)
                JOIN billing.ledger_account AS account ON account.kind = part.kind AND account.user_id IS NULL
            )
            SELECT \(columns: Booked.self) FROM purse LEFT JOIN entry ON true
            """
    }
}
