import Contracts
import Core
import FoundationEssentials
import Postgres
import Tariff

/// What a settled session costs and how far it is paid.
struct DueSession: Row, Sendable {
    var number: ID<ChargingSession>
    var user: ID<User>?
    var owner: ID<User>?
    var point: String
    var funding: String
    var cost: Int64
    var paid: Int64
    /// Given back, or set aside to be.
    var refunded: Int64
    var hostCredit: Int64
    /// Set aside, and the provider has not said yes.
    var pending: Int64

    static let columns = """
        due.session_id, due.user_id, due.owner_id, due.charge_point_id, due.funding, due.cost, due.paid, due.refunded,
        due.host_credit, coalesce((
            SELECT sum(back.amount)::bigint FROM billing.payment_refund AS back
            JOIN billing.payment_order AS placed ON placed.id = back.payment_order
            WHERE placed.session_id = due.session_id AND back.state = 'asked'), 0)
        """

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        user = try cells.next()
        owner = try cells.next()
        point = try cells.next()
        funding = try cells.next()
        cost = try cells.next()
        paid = try cells.next()
        refunded = try cells.next()
        hostCredit = try cells.next()
        pending = try cells.next()
    }

    /// Read in one go.
    static let atOnce = 500

    var unpaid: Int64 { max(0, cost - paid) }
    /// What can still be given back.
    var refundable: Int64 { max(0, paid - refunded) }
    /// What the platform has of it, and the host a share of.
    var kept: Int64 { max(0, min(cost, paid - refunded + pending)) }
}

extension Query where Result == DueSession? {
    static func due(_ session: ID<ChargingSession>) -> Self {
        "SELECT \(columns: DueSession.self) FROM billing.settled_session AS due WHERE due.session_id = \(session)"
    }
}

extension Query where Result == [DueSession] {
    /// Behind an order's opening a person is left in peace to pay by themselves.
    private static var ownTime: TimeInterval { 900 }

    /// Sessions that a card owes for and whose time for an attempt has come. Of those whose driver has no card at all it is known, once
    /// it was noted.
    static func unpaidByCard(of user: ID<User>?, after last: ID<ChargingSession>, at now: Date) -> Self {
        """
        SELECT \(columns: DueSession.self) FROM billing.settled_session AS due
        WHERE due.funding = 'card' AND due.paid < due.cost AND due.user_id IS NOT NULL AND due.session_id > \(last)
            AND (due.payment_error = '' OR EXISTS (
                SELECT FROM billing.payment_method AS card
                WHERE card.user_id = due.user_id AND card.deleted_at IS NULL))
            AND (\(user as ID<User>?)::bigint IS NULL OR due.user_id = \(user as ID<User>?))
            AND NOT EXISTS (
                SELECT FROM billing.payment_retry AS retry
                WHERE retry.session_id = due.session_id
                    AND (retry.status = 'given_up' OR (retry.status = 'planned' AND retry.next_at > \(now))))
            AND NOT EXISTS (
                SELECT FROM billing.payment_order AS placed
                WHERE placed.session_id = due.session_id AND NOT placed.is_completed
                    AND (placed.asked_at IS NOT NULL OR placed.opened_at > \(now - ownTime)))
            AND NOT EXISTS (
                SELECT FROM billing.card_hold AS hold
                WHERE hold.session_id = due.session_id AND hold.state IN ('asked', 'held', 'capturing'))
        ORDER BY due.session_id
        LIMIT \(DueSession.atOnce)
        """
    }

    /// Sessions whose bill fell below what a card had paid, or that were paid twice. What a provider refused to give back is
    /// tried again a day later.
    static func overpaidByCard(after last: ID<ChargingSession>, at now: Date) -> Self {
        """
        SELECT \(columns: DueSession.self) FROM billing.settled_session AS due
        WHERE due.funding = 'card' AND due.paid - due.refunded > due.cost AND due.session_id > \(last)
            AND NOT EXISTS (
                SELECT FROM billing.payment_refund AS back
                JOIN billing.payment_order AS placed ON placed.id = back.payment_order
                WHERE placed.session_id = due.session_id AND back.state = 'refused'
                    AND back.asked_at > \(now - 86_400))
        ORDER BY due.session_id
        LIMIT \(DueSession.atOnce)
        """
    }
}

extension Query where Result == Int64? {
    /// The card that the session's start chose.
    static func chosenCard(of session: ID<ChargingSession>) -> Self {
        "SELECT payment_method_id FROM gateway_view.session WHERE session_id = \(session)"
    }
}

extension Query where Result == Void {
    /// A card has paid for it.
    static func credit(_ amount: Int64, to session: ID<ChargingSession>, by order: ID<PaymentOrder>) -> Self {
        """
        UPDATE billing.settled_session
        SET paid = paid + \(amount), payment_order = \(order), payment_error = ''
        WHERE session_id = \(session)
        """
    }

    static func storeHostCredit(_ credit: Int64, of session: ID<ChargingSession>) -> Self {
        "UPDATE billing.settled_session SET host_credit = \(credit) WHERE session_id = \(session)"
    }

    static func notePaymentError(
        _ text: String, of session: ID<ChargingSession>, by order: ID<PaymentOrder>? = nil
    ) -> Self {
        """
        UPDATE billing.settled_session
        SET payment_error = \(text), payment_order = coalesce(\(order as ID<PaymentOrder>?), payment_order)
        WHERE session_id = \(session)
        """
    }
}

extension Transaction {
    /// The host has a share of what was paid and not given back; what that changed is booked.
    func settleHost(
        of due: DueSession, commission: Percent, currency: Currency, order: ID<PaymentOrder>?, cause: String,
        at now: Date
    ) async throws {
        guard let owner = due.owner, owner != due.user else { return }
        let share = HostShare(of: Money(due.kept, currency), commission: commission).credit.minorUnits
        guard share != due.hostCredit else { return }
        let entry = try await book(
            Booking(
                user: owner, amount: Money(share - due.hostCredit, currency), kind: .credit, subject: .host,
                description: "Charging at \(due.point)", session: due.number, order: order, cause: cause,
                counter: [(.host, due.hostCredit - share)], mayOverdraw: true), at: now)
        try await run(.enterShare(entry, of: due.number, kept: due.kept, energy: nil, at: now))
        try await run(.storeHostCredit(share, of: due.number))
    }
}
