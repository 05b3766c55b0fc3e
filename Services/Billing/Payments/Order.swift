import Contracts
import Core
import FoundationEssentials
import Postgres

/// An order to charge a card, as it is stored.
struct StoredOrder: Row, Sendable {
    var id: ID<PaymentOrder>
    var kind: Kind
    var user: ID<User>
    var username: String
    var session: ID<ChargingSession>?
    var identifier: String
    var amount: Money
    var description: String
    var returnOK: String?
    var returnKO: String?
    var openedAt: Date
    var askedAt: Date?
    var isCompleted: Bool
    var result: String
    var closedAt: Date?
    var refunded: Int64
    var refundedAt: Date?
    /// Of the card, as its provider knows it.
    var reference: String
    /// Of what a hold kept, under the hold's number.
    var isCapture: Bool

    /// The money is there.
    var isPaid: Bool {
        let result = PaymentResult(code: result)
        return isCompleted && (isCapture ? result.isRefunded : result.isApproved)
    }

    enum Kind: String, Sendable {
        case charging, enrolment
        case topUp = "top_up"
    }

    static let columns = """
        placed.id, placed.kind, placed.user_id,
        coalesce((SELECT username FROM accounts_view.account AS buyer WHERE buyer.user_id = placed.user_id), ''),
        placed.session_id, placed.identifier, placed.amount, placed.currency, placed.description, placed.return_url_ok,
        placed.return_url_ko, placed.opened_at, placed.asked_at, placed.is_completed, placed.result, placed.closed_at,
        placed.refund_amount, placed.refunded_at, coalesce((
            SELECT card.merchant_cof_txnid FROM billing.payment_method AS card
            WHERE card.identifier = placed.identifier AND card.deleted_at IS NULL), ''), placed.is_capture
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        kind = Kind(rawValue: try cells.next()) ?? .charging
        user = try cells.next()
        username = try cells.next()
        session = try cells.next()
        identifier = try cells.next()
        amount = Money(try cells.next(), try cells.next())
        description = try cells.next()
        returnOK = try cells.next()
        returnKO = try cells.next()
        openedAt = try cells.next()
        askedAt = try cells.next()
        isCompleted = try cells.next()
        result = try cells.next()
        closedAt = try cells.next()
        refunded = try cells.next()
        refundedAt = try cells.next()
        reference = try cells.next()
        isCapture = try cells.next()
    }
}

/// An order before it has its number.
struct NewOrder: Sendable {
    var kind: StoredOrder.Kind
    var user: ID<User>
    var session: ID<ChargingSession>?
    var identifier = ""
    var amount: Money
    var description = ""
    var returnOK: String?
    var returnKO: String?
    /// The Idempotency-Key of the request that makes it.
    var requestKey: String?
    /// The provider is asked right behind the commit.
    var isAsked = false
}

extension Query where Result == StoredOrder? {
    static func order(_ id: ID<PaymentOrder>) -> Self {
        "SELECT \(columns: StoredOrder.self) FROM billing.payment_order AS placed WHERE placed.id = \(id)"
    }

    static func holdOrder(_ id: ID<PaymentOrder>) -> Self {
        """
        SELECT \(columns: StoredOrder.self) FROM billing.payment_order AS placed WHERE placed.id = \(id)
        FOR UPDATE OF placed
        """
    }

    static func order(ofRequest key: String, of user: ID<User>, since moment: Date) -> Self {
        """
        SELECT \(columns: StoredOrder.self) FROM billing.payment_order AS placed
        WHERE placed.user_id = \(user) AND placed.request_key = \(key) AND placed.opened_at > \(moment)
        ORDER BY placed.id DESC
        LIMIT 1
        """
    }

    static func openOrder(of session: ID<ChargingSession>) -> Self {
        """
        SELECT \(columns: StoredOrder.self) FROM billing.payment_order AS placed
        WHERE placed.session_id = \(session) AND NOT placed.is_completed
        FOR UPDATE OF placed
        """
    }
}

extension Query where Result == [StoredOrder] {
    static func orders(user: Int64?, session: Int64?, limit: Int, offset: Int, descending: Bool) -> Self {
        let order: SQL = descending ? "DESC" : "ASC"
        return """
            SELECT \(columns: StoredOrder.self) FROM billing.payment_order AS placed
            WHERE (\(user as Int64?)::bigint IS NULL OR placed.user_id = \(user as Int64?))
                AND (\(session as Int64?)::bigint IS NULL OR placed.session_id = \(session as Int64?))
            ORDER BY placed.id \(order)
            LIMIT \(limit) OFFSET \(offset)
            """
    }

    /// Of each session, the first one first.
    ///
    /// - Parameter last: what came before; nil for the first part.
    static func orders(of sessions: [Int64], after last: StoredOrder?, limit: Int) -> Self {
        """
        SELECT \(columns: StoredOrder.self) FROM billing.payment_order AS placed
        WHERE placed.session_id = ANY(\(sessions))
            AND (\(last?.id as ID<PaymentOrder>?)::bigint IS NULL
                OR (placed.session_id, placed.id)
                    > (\(last?.session as ID<ChargingSession>?), \(last?.id as ID<PaymentOrder>?)))
        ORDER BY placed.session_id, placed.id
        LIMIT \(limit)
        """
    }

    /// Those of which the provider's word is missing and whose turn has come, the one that waits longest first: many that stay
    /// without an answer do not keep the others from theirs.
    static func unanswered(before moment: Date, at now: Date) -> Self {
        """
        SELECT \(columns: StoredOrder.self) FROM billing.payment_order AS placed
        WHERE NOT placed.is_completed AND placed.asked_at < \(moment)
            AND (placed.learn_at IS NULL OR placed.learn_at <= \(now))
        ORDER BY coalesce(placed.learn_at, placed.asked_at), placed.id
        LIMIT 100
        """
    }
}

extension Query where Result == Int64 {
    static func countOrders(user: Int64?, session: Int64?) -> Self {
        """
        SELECT count(*) FROM billing.payment_order AS placed
        WHERE (\(user as Int64?)::bigint IS NULL OR placed.user_id = \(user as Int64?))
            AND (\(session as Int64?)::bigint IS NULL OR placed.session_id = \(session as Int64?))
        """
    }
}

extension Query where Result == ID<PaymentOrder> {
    /// The number goes back with a transaction that fails.
    static var nextOrderNumber: Self {
        "UPDATE billing.payment_order_number SET last_number = last_number + 1 RETURNING last_number"
    }
}

extension Query where Result == Void {
    fileprivate static func place(_ order: NewOrder, as id: ID<PaymentOrder>, at now: Date) -> Self {
        let asked = order.isAsked ? now : nil
        return """
            INSERT INTO billing.payment_order (id, kind, user_id, session_id, identifier, amount, currency, description,
                return_url_ok, return_url_ko, request_key, opened_at, asked_at)
            VALUES (\(id), \(order.kind.rawValue), \(order.user), \(order.session as ID<ChargingSession>?), \(order.identifier),
                \(order.amount.minorUnits), \(order.amount.currency), \(order.description), \(order.returnOK as String?),
                \(order.returnKO as String?), \(order.requestKey as String?), \(now), \(asked as Date?))
            """
    }

    static func ask(_ id: ID<PaymentOrder>, at now: Date) -> Self {
        "UPDATE billing.payment_order SET asked_at = \(now) WHERE id = \(id) AND NOT is_completed"
    }

    /// The provider was not reached: it stays open, and nobody waits for an answer.
    static func unask(_ id: ID<PaymentOrder>) -> Self {
        "UPDATE billing.payment_order SET asked_at = NULL WHERE id = \(id) AND NOT is_completed"
    }

    /// The provider did not say what became of it: the next time it is asked later, twice as late as before, at most after a day.
    static func learnLater(_ id: ID<PaymentOrder>, at now: Date) -> Self {
        """
        UPDATE billing.payment_order
        SET learn_tries = learn_tries + 1,
            learn_at = \(now)::timestamptz + least(300 * 2.0 ^ least(learn_tries, 20), 86400) * interval '1 second'
        WHERE id = \(id) AND NOT is_completed
        """
    }

    /// Without the provider's word, by ours.
    static func close(_ id: ID<PaymentOrder>, _ words: String, at now: Date) -> Self {
        """
        UPDATE billing.payment_order SET is_completed = true, result = \(words), closed_at = \(now)
        WHERE id = \(id) AND NOT is_completed
        """
    }

    /// - Parameter ordered: where another amount was paid.
    static func complete(_ order: StoredOrder, _ result: String, ordered: Int64?, at now: Date) -> Self {
        """
        UPDATE billing.payment_order
        SET is_completed = true, result = \(result), identifier = \(order.identifier),
            amount = \(order.amount.minorUnits), ordered_amount = \(ordered as Int64?), closed_at = \(now)
        WHERE id = \(order.id)
        """
    }

    /// An order that is open is written anew.
    static func rewrite(_ id: ID<PaymentOrder>, _ order: NewOrder) -> Self {
        """
        UPDATE billing.payment_order
        SET amount = \(order.amount.minorUnits), identifier = \(order.identifier), description = \(order.description),
            return_url_ok = \(order.returnOK as String?), return_url_ko = \(order.returnKO as String?)
        WHERE id = \(id)
        """
    }

    /// One act with a session's money at a time.
    static func holdMoney(of session: ID<ChargingSession>) -> Self {
        "SELECT pg_advisory_xact_lock(8082, \(session)::integer)"
    }
}

extension Transaction {
    /// Gives the order its number. One that is open for the same session is closed without the provider's word. Throws:
    /// `BillingRefusal.paymentUnderWay` while the provider is being asked, and while
    /// money is held that is still to be captured.
    func place(_ order: NewOrder, at now: Date) async throws -> ID<PaymentOrder> {
        if let session = order.session, try await run(.isHeld(for: session)) {
            throw BillingRefusal.paymentUnderWay
        }
        if let session = order.session, let open = try await run(.openOrder(of: session)) {
            guard open.askedAt == nil else { throw BillingRefusal.paymentUnderWay }
            try await run(.close(open.id, "closed without response", at: now))
        }
        let id = try await run(.nextOrderNumber)
        try await run(.place(order, as: id, at: now))
        return id
    }
}
