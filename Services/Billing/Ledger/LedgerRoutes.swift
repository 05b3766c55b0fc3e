import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct EntryPath: Codable, Sendable {
    var id: ID<LedgerEntry>
}

struct EntryQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var user_id: Int64?
    var all: Bool?
    var type: String?
    var subject: String?
    var charging_id: Int64?
    var from: String?
    var to: String?
}

/// An entry that an administrator makes; its sign follows the type.
struct EntryInput: Codable, Sendable {
    var user_id: ID<User>
    var amount: Whole<1, 1_000_000_000>
    var type: Kind
    var direction: Direction?
    @OrNull var car_id: Int64?
    @OrNull var station_id: Int64?
    @OrNull var charging_id: ID<ChargingSession>?
    var description: Text<0, 255>?

    enum Kind: String, Codable, CaseIterable, Sendable {
        case topUp = "TopUp"
        case payment = "Payment"
        case refund = "Refund"
        case adjustment = "Adjustment"
    }

    enum Direction: String, Codable, CaseIterable, Sendable {
        case credit, debit
    }

    /// Throws: `BillingRefusal`.
    var sign: Int64 {
        get throws(BillingRefusal) {
            switch (type, direction) {
            case (.topUp, _), (.refund, _), (.adjustment, .credit): return 1
            case (.payment, _), (.adjustment, .debit): return -1
            case (.adjustment, nil): throw .invalid(field: "direction", "is missing")
            }
        }
    }
}

struct BalanceBody: Codable, Sendable {
    var balance: Int64
    var balance_decimal: String
    var currency: String
    var reserved: Int64
    var unpaid: Int64
}

extension Billing {
    @RouteTable var ledgerRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/payment/balance", showBalance).failing("Failed to get balance")
            .summary("The caller's balance").needs(.user)
        Route(.get, "/api/v1/transactions", listEntries).failing("Failed to get transactions")
            .summary("Movements of money").needs(.user)
        Route(.post, "/api/v1/transactions", enterEntry).failing("Failed to create transaction")
            .summary("A movement of money that an administrator books").idempotent.needs(.admin)
        Route(.get, "/api/v1/transactions/:id", showEntry).failing("Failed to get transaction")
            .summary("One movement of money").needs(.user)
    }

    func showBalance(_ call: Call<None, None, None>) async throws -> OK<BalanceBody> {
        let standing = try await host.database.run(.standing(of: ID(call.identified.user)))
        return OK(
            BalanceBody(
                balance: standing.balance,
                balance_decimal: Money(standing.balance, host.settings.currency).decimal,
                currency: host.settings.currency.code, reserved: standing.reserved, unpaid: standing.unpaid))
    }

    func listEntries(_ call: Call<None, EntryQuery, None>) async throws -> PagedList<EntryBody> {
        let (query, caller) = (call.query, call.identified)
        var filter = EntryFilter(
            user: caller.user, type: query.type, subject: query.subject, session: query.charging_id)
        if caller.isAdmin {
            if let user = query.user_id { filter.user = user } else if query.all == true { filter.user = nil }
        }
        filter.from = try MomentText.read(query.from, "from", endOfDay: false)
        filter.to = try MomentText.read(query.to, "to", endOfDay: true)
        let (database, chosen) = (host.database, filter)
        return try await PagedList(query) {
            Int(try await database.run(.countEntries(chosen)))
        } rows: { cut in
            try await database.run(
                .entries(chosen, limit: cut.limit, offset: cut.offset, descending: cut.order == .descending))
        }
    }

    func showEntry(_ call: Call<EntryPath, None, None>) async throws -> OK<EntryDetail> {
        let (caller, database) = (call.identified, host.database)
        guard let entry = try await database.run(.entry(call.path.id.number)),
            entry.user_id == caller.user || caller.isAdmin
        else { throw BillingRefusal.noSuchEntry }
        var detail = EntryDetail(entry: entry)
        if let number = entry.charging_id, let session = try await database.run(.session(number)) {
            detail.charging = ChargingSummary(session)
        }
        if case .number(let number)? = entry.order, let order = try await database.run(.order(ID(number))) {
            detail.entry.order = .whole(OrderBody(order, for: caller.user))
        }
        return OK(detail)
    }

    func enterEntry(_ call: Call<None, None, EntryInput>) async throws -> Created<EntryBody> {
        let (body, caller, host) = (call.body, call.identified, host)
        let sign = try body.sign
        guard try await host.database.run(.accountExists(body.user_id)) else {
            throw BillingRefusal.noSuchUser
        }
        let amount = Money(sign * Int64(body.amount.number), host.settings.currency)
        let booking = Booking(
            user: body.user_id, amount: amount,
            kind: Booking.Kind(rawValue: body.type.rawValue) ?? .adjustment,
            subject: body.type == .topUp ? .topup : .manual, description: body.description?.text ?? "",
            car: body.car_id, station: body.station_id, session: body.charging_id,
            cause: "api:\(RandomText.opaqueToken())", by: caller.user,
            counter: [(body.type == .topUp ? .provider : .adjustment, -amount.minorUnits)])
        let keyed = keyedCauses(call.request, caller)
        let id = try await host.database.transaction { transaction in
            let now = host.clock.now
            var booking = booking
            if let today = keyed.first {
                // The process may have died between this commit and the keeping of its answer, and midnight may have come since.
                for cause in keyed {
                    if let known = try await transaction.run(.bookedEntry(of: cause)) {
                        return ID<LedgerEntry>(known)
                    }
                }
                booking.cause = today
            }
            let id = try await transaction.book(booking, at: now)
            try await transaction.run(
                .record(
                    AuditEntry(
                        "LEDGER_ENTRY", by: caller.user,
                        [
                            "entry": .integer(id.number), "user_id": .integer(body.user_id.number),
                            "amount": .integer(amount.minorUnits), "type": .string(body.type.rawValue),
                        ], from: call.request),
                    in: .billing, at: now))
            return id
        }
        guard let entry = try await host.database.run(.entry(id.number)) else {
            throw BillingRefusal.noSuchEntry
        }
        host.bus.publish(
            BalanceChanged(user: body.user_id, balance: Money(entry.balance_after, host.settings.currency)))
        return Created(entry)
    }
}

extension Billing {
    /// What a request with a key books for, and would have booked for a day ago, as long as keys live. Empty without a key.
    private func keyedCauses(_ request: Request, _ caller: Caller) -> [String] {
        guard let key = request.headers["Idempotency-Key"], !key.isEmpty else { return [] }
        let day = Int(host.clock.now.timeIntervalSince1970 / 86_400)
        return [day, day - 1].map { "key:\(caller.user):\($0):\(key.prefix(64))" }
    }
}

extension Query where Result == Int64? {
    static func bookedEntry(of cause: String) -> Self {
        "SELECT id FROM billing.ledger_entry WHERE cause = \(cause) ORDER BY id LIMIT 1"
    }
}

/// What somebody has and owes.
struct Standing: Row, Sendable {
    var balance: Int64
    var reserved: Int64
    var unpaid: Int64

    static let columns = "balance, reserved, unpaid"

    init(_ cells: inout Cells) throws {
        balance = try cells.next()
        reserved = try cells.next()
        unpaid = try cells.next()
    }
}

extension Query where Result == Standing {
    static func standing(of user: ID<User>) -> Self {
        """
        SELECT coalesce((SELECT amount FROM billing.balance WHERE user_id = \(user)), 0),
            coalesce((
                SELECT sum(charge.estimate)::bigint FROM gateway_view.session AS charge
                WHERE charge.user_id = \(user) AND charge.funding = 'balance'
                    AND NOT EXISTS (
                        SELECT FROM billing.settled_session AS settled WHERE settled.session_id = charge.session_id)
            ), 0),
            coalesce((
                SELECT sum(cost - paid)::bigint FROM billing.settled_session
                WHERE user_id = \(user) AND paid < cost
            ), 0)
        """
    }
}

extension Query where Result == Bool {
    static func accountExists(_ user: ID<User>) -> Self {
        "SELECT EXISTS (SELECT FROM accounts_view.account WHERE user_id = \(user))"
    }
}

/// Dates and times in queries: `YYYY-MM-DD` or RFC 3339.
enum MomentText {
    /// Throws: `BillingRefusal.unreadableDate`.
    static func read(_ text: String?, _ name: String, endOfDay: Bool) throws(BillingRefusal) -> Date? {
        guard let text, !text.isEmpty else { return nil }
        if let day = CalendarDay(text) { return endOfDay ? day.adding(days: 1).start : day.start }
        if let moment = Timestamp(text) { return moment.date }
        throw .unreadableDate(name)
    }
}
