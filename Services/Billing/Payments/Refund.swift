import Contracts
import Core
import FoundationEssentials
import Postgres

/// What is given back of an order, as it is stored.
struct StoredRefund: Row, Sendable {
    var id: ID<StoredRefund>
    var order: ID<PaymentOrder>
    var amount: Int64
    var reason: String
    /// Nil: the service itself.
    var askedBy: Int64?
    var askedAt: Date
    var state: State
    /// The provider was asked before and gave no answer.
    var isRepeated = false
    /// Refunds of the same sum that the same order gave back for certain.
    var bookedAlike = 0

    enum State: String, Sendable {
        case asked, done, refused
    }

    static let columns =
        "back.id, back.payment_order, back.amount, back.reason, back.asked_by, back.asked_at, back.state"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        order = try cells.next()
        amount = try cells.next()
        reason = try cells.next()
        askedBy = try cells.next()
        askedAt = try cells.next()
        state = State(rawValue: try cells.next()) ?? .asked
    }
}

extension Query where Result == StoredRefund? {
    static func refund(_ id: ID<StoredRefund>) -> Self {
        "SELECT \(columns: StoredRefund.self) FROM billing.payment_refund AS back WHERE back.id = \(id)"
    }
}

extension Query where Result == [StoredRefund] {
    static func unansweredRefunds(before moment: Date, at now: Date) -> Self {
        """
        SELECT \(columns: StoredRefund.self) FROM billing.payment_refund AS back
        WHERE back.state = 'asked' AND back.asked_at < \(moment) AND (back.learn_at IS NULL OR back.learn_at <= \(now))
        ORDER BY coalesce(back.learn_at, back.asked_at), back.id
        LIMIT 100
        """
    }
}

extension Query where Result == Int64 {
    static func countBookedRefunds(of order: ID<PaymentOrder>, amount: Int64) -> Self {
        """
        SELECT count(*) FROM billing.payment_refund
        WHERE payment_order = \(order) AND amount = \(amount) AND state = 'done'
        """
    }
}

extension Query where Result == [StoredOrder] {
    /// Of which something may be given back, the newest first.
    static func refundable(of session: ID<ChargingSession>) -> Self {
        """
        SELECT \(columns: StoredOrder.self) FROM billing.payment_order AS placed
        WHERE placed.session_id = \(session) AND placed.is_completed AND (placed.result ~ '^00[0-9][0-9]$' OR placed.is_capture AND placed.result = '0900')
            AND placed.refund_amount < placed.amount
        ORDER BY placed.id DESC
        LIMIT 100
        """
    }
}

extension Query where Result == ID<StoredRefund> {
    static func enterRefund(
        of order: ID<PaymentOrder>, _ amount: Int64, _ reason: String, by caller: Int64?, at now: Date
    ) -> Self {
        """
        INSERT INTO billing.payment_refund (payment_order, amount, reason, asked_by, asked_at, state)
        VALUES (\(order), \(amount), \(reason), \(caller as Int64?), \(now), 'asked')
        RETURNING id
        """
    }
}

extension Query where Result == RowCount {
    /// Never more than was charged.
    static func setAside(_ amount: Int64, of order: ID<PaymentOrder>, at now: Date) -> Self {
        """
        UPDATE billing.payment_order SET refund_amount = refund_amount + \(amount), refunded_at = \(now)
        WHERE id = \(order) AND is_completed AND refund_amount + \(amount) <= amount
        """
    }

    /// Once.
    static func closeRefund(
        _ id: ID<StoredRefund>, _ state: StoredRefund.State, _ result: String, at now: Date
    )
        -> Self
    {
        """
        UPDATE billing.payment_refund SET state = \(state.rawValue), result = \(result), closed_at = \(now)
        WHERE id = \(id) AND state = 'asked'
        """
    }

    static func takeBack(_ amount: Int64, of session: ID<ChargingSession>, at now: Date) -> Self {
        """
        UPDATE billing.settled_session SET refunded = refunded + \(amount), refunded_at = \(now)
        WHERE session_id = \(session) AND refunded + \(amount) <= paid
        """
    }
}

extension Query where Result == Void {
    /// The provider was silent again: the next time it is asked twice as late, at most after a day.
    static func learnLater(_ id: ID<StoredRefund>, at now: Date) -> Self {
        """
        UPDATE billing.payment_refund
        SET learn_tries = learn_tries + 1,
            learn_at = \(now)::timestamptz + least(300 * 2.0 ^ least(learn_tries, 20), 86400) * interval '1 second'
        WHERE id = \(id) AND state = 'asked'
        """
    }

    static func putBack(_ amount: Int64, of order: ID<PaymentOrder>) -> Self {
        """
        UPDATE billing.payment_order
        SET refund_amount = refund_amount - \(amount),
            refunded_at = CASE WHEN refund_amount > \(amount) THEN refunded_at END
        WHERE id = \(order)
        """
    }

    static func putBack(_ amount: Int64, of session: ID<ChargingSession>) -> Self {
        """
        UPDATE billing.settled_session
        SET refunded = refunded - \(amount), refunded_at = CASE WHEN refunded > \(amount) THEN refunded_at END
        WHERE session_id = \(session)
        """
    }
}
