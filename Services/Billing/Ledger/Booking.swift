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
        let moved = booking.purse == .balance ? booking.amount.minorUnits : 0
        // The row that is moved is what others wait for, so that balances follow the order of numbers.
        let after = try await run(.moveBalance(of: booking.user, by: moved))
        if !booking.mayOverdraw, moved < 0, after < 0 { throw BillingRefusal.balanceTooLow }
        guard let entry = try await run(.enter(booking, balanceAfter: after, at: now)) else {
            throw BookedAlready()
        }
        if booking.amount.minorUnits != 0 {
            try await run(.openAccount(booking.purse, of: booking.user))
            try await run(.post(booking, as: entry))
        }
        return entry
    }
}

extension Query where Result == Int64 {
    fileprivate static func moveBalance(of user: ID<User>, by amount: Int64) -> Self {
        """
        INSERT INTO billing.balance AS known (user_id, amount) VALUES (\(user), \(amount))
        ON CONFLICT (user_id) DO UPDATE SET amount = known.amount + excluded.amount
        RETURNING amount
        """
    }
}

extension Query where Result == ID<LedgerEntry>? {
    fileprivate static func enter(_ booking: Booking, balanceAfter: Int64, at now: Date) -> Self {
        """
        INSERT INTO billing.ledger_entry (user_id, amount, currency, type, subject, funding, description, car_id,
            station_id, charging_id, parking_reservation_id, payment_order, balance_after, cause, created_by, created_at)
        VALUES (\(booking.user), \(booking.amount.minorUnits), \(booking.amount.currency), \(booking.kind.rawValue),
            \(booking.subject.rawValue), \(booking.purse.rawValue), \(booking.description), \(booking.car as Int64?),
            \(booking.station as Int64?), \(booking.session as ID<ChargingSession>?),
            \(booking.parking as ID<ParkingReservation>?), \(booking.order as ID<PaymentOrder>?), \(balanceAfter), \(booking.cause),
            \(booking.by as Int64?), \(now))
        ON CONFLICT (cause, type, user_id) DO NOTHING
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    fileprivate static func openAccount(_ purse: Booking.Purse, of user: ID<User>) -> Self {
        """
        INSERT INTO billing.ledger_account (kind, user_id) VALUES (\(purse.rawValue), \(user))
        ON CONFLICT DO NOTHING
        """
    }

    fileprivate static func post(_ booking: Booking, as entry: ID<LedgerEntry>) -> Self {
        let parts = booking.counter.filter { $0.1 != 0 }
        return """
            INSERT INTO billing.posting (entry_id, account_id, amount)
            SELECT \(entry), account.id, \(booking.amount.minorUnits)
            FROM billing.ledger_account AS account
            WHERE account.kind = \(booking.purse.rawValue) AND account.user_id = \(booking.user)
            UNION ALL
            SELECT \(entry), account.id, part.amount
            FROM unnest(\(each: parts, \.0.rawValue), \(each: parts, \.1)) AS part (kind, amount)
            JOIN billing.ledger_account AS account ON account.kind = part.kind AND account.user_id IS NULL
            """
    }
}
