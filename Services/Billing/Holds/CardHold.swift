import Contracts
import Core
import FoundationEssentials
import Postgres

/// Money that is kept on a card from a session's start to its end, under the number of the order that captures it.
struct CardHold: Row, Sendable {
    var id: ID<PaymentOrder>
    var session: ID<ChargingSession>
    var user: ID<User>
    var identifier: String
    var amount: Money
    var state: State
    /// Of the card, as its provider knows it.
    var reference: String

    enum State: String, Sendable {
        /// The provider has not said a word.
        case asked
        case held, refused, capturing, captured, releasing, released
        /// Held, but it could not be captured.
        case lost
    }

    static let columns = """
        hold.id, hold.session_id, hold.user_id, hold.identifier, hold.amount, hold.currency, hold.state, coalesce((
            SELECT card.merchant_cof_txnid FROM billing.payment_method AS card
            WHERE card.identifier = hold.identifier AND card.deleted_at IS NULL), '')
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        session = try cells.next()
        user = try cells.next()
        identifier = try cells.next()
        amount = Money(try cells.next(), try cells.next())
        state = State(rawValue: try cells.next()) ?? .asked
        reference = try cells.next()
    }
}

/// The card that a running session is to be paid by.
struct HeldCard: Row, Sendable {
    var user: ID<User>
    var identifier: String

    static let columns = "charge.user_id, card.identifier"

    init(_ cells: inout Cells) throws {
        user = try cells.next()
        identifier = try cells.next()
    }
}

extension Query where Result == HeldCard? {
    /// Nil for a session that has ended, is not paid by card, or whose card is not its driver's any more.
    static func cardOfRunning(_ session: ID<ChargingSession>) -> Self {
        """
        SELECT \(columns: HeldCard.self)
        FROM gateway_view.session AS charge
        JOIN billing.payment_method AS card
            ON card.id = charge.payment_method_id AND card.user_id = charge.user_id AND card.deleted_at IS NULL
        WHERE charge.session_id = \(session) AND charge.funding = 'card' AND NOT charge.is_finished
        """
    }
}

extension Query where Result == CardHold? {
    static func cardHold(of session: ID<ChargingSession>) -> Self {
        "SELECT \(columns: CardHold.self) FROM billing.card_hold AS hold WHERE hold.session_id = \(session)"
    }
}

extension Query where Result == [CardHold] {
    /// What is not closed and has something to wait for no longer: the provider's word, or the session's bill.
    static func waitingHolds(before moment: Date, at now: Date) -> Self {
        """
        SELECT \(columns: CardHold.self) FROM billing.card_hold AS hold
        WHERE (hold.state = 'asked' AND hold.asked_at < \(moment) OR hold.state IN ('held', 'releasing') AND EXISTS (
                SELECT FROM billing.settled_session AS settled WHERE settled.session_id = hold.session_id))
            AND (hold.learn_at IS NULL OR hold.learn_at <= \(now))
        ORDER BY coalesce(hold.learn_at, hold.asked_at), hold.id
        LIMIT 100
        """
    }
}

extension Query where Result == Bool {
    /// Whether a hold is still to be captured: until then nobody else charges for the session.
    static func isHeld(for session: ID<ChargingSession>) -> Self {
        """
        SELECT EXISTS (
            SELECT FROM billing.card_hold WHERE session_id = \(session) AND state IN ('asked', 'held', 'capturing'))
        """
    }
}

extension Query where Result == Void {
    static func enterHold(
        _ id: ID<PaymentOrder>, for session: ID<ChargingSession>, _ card: HeldCard, _ amount: Money,
        at now: Date
    ) -> Self {
        """
        INSERT INTO billing.card_hold (id, session_id, user_id, identifier, amount, currency, state, asked_at)
        VALUES (\(id), \(session), \(card.user), \(card.identifier), \(amount.minorUnits), \(amount.currency), 'asked', \(now))
        """
    }

    static func moveHold(_ id: ID<PaymentOrder>, from old: CardHold.State, to new: CardHold.State) -> Self {
        """
        UPDATE billing.card_hold SET state = \(new.rawValue), learn_tries = 0, learn_at = NULL
        WHERE id = \(id) AND state = \(old.rawValue)
        """
    }

    static func closeHold(_ id: ID<PaymentOrder>, _ state: CardHold.State, _ result: String, at now: Date)
        -> Self
    {
        """
        UPDATE billing.card_hold SET state = \(state.rawValue), result = \(result), closed_at = \(now)
        WHERE id = \(id) AND closed_at IS NULL
        """
    }

    /// The provider is asked again twice as late as before, at most after a day.
    static func learnLater(hold id: ID<PaymentOrder>, at now: Date) -> Self {
        """
        UPDATE billing.card_hold
        SET learn_tries = learn_tries + 1,
            learn_at = \(now)::timestamptz + least(300 * 2.0 ^ least(learn_tries, 20), 86400) * interval '1 second'
        WHERE id = \(id) AND closed_at IS NULL
        """
    }

    /// The order of what is charged of a hold; the provider is asked right behind the commit.
    static func placeCapture(of hold: CardHold, amount: Int64, point: String, at now: Date) -> Self {
        """
        INSERT INTO billing.payment_order (id, kind, user_id, session_id, identifier, amount, currency, description, opened_at,
            asked_at, is_capture)
        VALUES (\(hold.id), 'charging', \(hold.user), \(hold.session), \(hold.identifier), \(amount),
            \(hold.amount.currency), \("Charging at \(point)"), \(now), \(now), true)
        """
    }
}
