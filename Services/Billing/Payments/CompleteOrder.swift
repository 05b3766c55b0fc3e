import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Tariff
import Telemetry

/// Writes down what a provider said about an order, once: the money of a session or of a balance, the card, the next attempt.
struct CompleteOrder {
    let billing: Billing
    let id: ID<PaymentOrder>
    let result: PaymentResult
    /// The card that a person entered at the provider's page.
    var identifier: String?
    /// All that the provider told by itself.
    var notice: PaymentNotice?

    private struct Outcome: Sendable {
        var order: StoredOrder
        var isPaid = false
        var isNews = false
        /// Where another amount was paid.
        var ordered: Int64?
        var failed: PaymentFailed?
        var back: ID<StoredRefund>?
    }

    /// Answers the order as it is now, and whether this was news. Throws: `BillingRefusal.noSuchOrder`.
    func run() async throws -> (StoredOrder, isNews: Bool) {
        let host = billing.host
        let outcome = try await host.database.transaction { transaction in try await write(in: transaction) }
        guard outcome.isNews else { return (outcome.order, false) }
        billing.figures.payments.with(outcome.isPaid ? "approved" : "refused").add()
        if let ordered = outcome.ordered {
            host.log.warning(
                "payment.amount_differs",
                [
                    "order": .integer(id.number), "ordered": .integer(ordered),
                    "paid": .integer(outcome.order.amount.minorUnits),
                ])
        }
        if let failed = outcome.failed { host.bus.publish(failed) }
        if outcome.isPaid { await billing.tellStanding(of: outcome.order.user) }
        // Where this is not heard, the payment run asks again.
        if let back = outcome.back { _ = try? await RefundOrder(billing: billing).ask(back) }
        return (outcome.order, true)
    }

    private func write(in transaction: Transaction) async throws -> Outcome {
        guard let known = try await transaction.run(.order(id)) else { throw BillingRefusal.noSuchOrder }
        if let session = known.session { try await transaction.run(.holdMoney(of: session)) }
        guard var order = try await transaction.run(.holdOrder(id)) else { throw BillingRefusal.noSuchOrder }
        // An order that we closed by ourselves may still be paid on the provider's page: then the money is there.
        let isPaid = order.isCapture ? result.isRefunded : result.isApproved
        let isLate = order.isCompleted && isPaid && !PaymentResult(code: order.result).isCode
        guard !order.isCompleted || isLate else { return Outcome(order: order) }
        let now = billing.host.clock.now
        order.identifier = identifier ?? order.identifier
        // The page may have been of an order that was written anew since: what counts is what was paid, be it nothing.
        var ordered: Int64?
        if isPaid, let paid = notice?.amount, paid != order.amount.minorUnits {
            ordered = order.amount.minorUnits
            order.amount = Money(paid, order.amount.currency)
        }
        try await transaction.run(.complete(order, result.code, ordered: ordered, at: now))
        var outcome = Outcome(order: order, isNews: true)
        (outcome.isPaid, outcome.ordered) = (isPaid, ordered)
        if order.isCapture {
            try await transaction.run(.closeHold(id, isPaid ? .captured : .lost, result.code, at: now))
        }
        switch (order.kind, isPaid) {
        case (.charging, true): try await pay(order, in: transaction, now)
        case (.charging, false): outcome.failed = try await fail(order, in: transaction, now)
        case (.topUp, true): try await fill(order, in: transaction, now)
        case (.topUp, false): try await blame(order, in: transaction)
        case (.enrolment, true): outcome.back = try await enrol(order, in: transaction, now)
        case (.enrolment, false): break
        }
        outcome.order = try await transaction.run(.order(id)) ?? order
        return outcome
    }

    /// A provider who never heard of the order says nothing against the card.
    private func blame(_ order: StoredOrder, in transaction: Transaction) async throws {
        guard result.isCode else { return }
        try await transaction.run(.blameCard(order.identifier, of: order.user))
    }

    private func fill(_ order: StoredOrder, in transaction: Transaction, _ now: Date) async throws {
        guard order.amount.minorUnits > 0 else { return }
        try await transaction.run(.forgiveCard(order.identifier, of: order.user))
        _ = try await transaction.book(
            Booking(
                user: order.user, amount: order.amount, kind: .topUp, subject: .topup,
                description: order.description, order: order.id, cause: "order:\(order.id)",
                counter: [(.provider, -order.amount.minorUnits)]), at: now)
    }

    /// Keeps the card. What was charged to try it goes back at once: answers the refund to be asked for.
    private func enrol(_ order: StoredOrder, in transaction: Transaction, _ now: Date) async throws
        -> ID<StoredRefund>?
    {
        if !order.identifier.isEmpty {
            try await transaction.run(.holdCards(of: order.user))
            var card = NewCard(user: order.user, identifier: order.identifier)
            card.reference = notice?.reference ?? ""
            card.expiresOn = notice?.expiry.flatMap { PaymentCard.Expiry($0) }.flatMap(NewCard.lastDay)
            _ = try await transaction.run(.enter(card, at: now))
            try await transaction.run(.retryNow(of: order.user, at: now))
        }
        guard order.amount.minorUnits > 0 else { return nil }
        return try await RefundOrder(billing: billing).begin(
            order.id, order.amount.minorUnits, "The card was tried", in: transaction)
    }

    private func pay(_ order: StoredOrder, in transaction: Transaction, _ now: Date) async throws {
        guard let session = order.session else { throw BillingRefusal.noSuchSession }
        guard order.amount.minorUnits > 0 else { return }
        try await transaction.run(.credit(order.amount.minorUnits, to: session, by: order.id))
        guard let due = try await transaction.run(.due(session)) else { throw BillingRefusal.noSuchSession }
        try await transaction.run(.holdBalances(of: [order.user] + (due.owner.map { [$0] } ?? [])))
        let (amount, currency) = (order.amount.minorUnits, order.amount.currency)
        let split = VATSplit(of: order.amount, at: billing.settings.vatRate)
        _ = try await transaction.book(
            Booking(
                user: order.user, amount: Money(-amount, currency), kind: .payment, subject: .charging,
                purse: .card, description: "Charging at \(due.point)", session: session, order: order.id,
                cause: "order:\(order.id)",
                counter: [(.revenue, split.net.minorUnits), (.vat, split.vat.minorUnits)]), at: now)
        try await transaction.run(.forgiveCard(order.identifier, of: order.user))
        try await transaction.run(.endRetry(of: session, result: result.code))
        try await transaction.settleHost(
            of: due, commission: billing.settings.commission, currency: currency, order: order.id,
            cause: "order:\(order.id)", at: now)
    }

    private func fail(_ order: StoredOrder, in transaction: Transaction, _ now: Date) async throws
        -> PaymentFailed?
    {
        guard let session = order.session, let due = try await transaction.run(.due(session)) else {
            return nil
        }
        // What was held is gone; the card is charged as if nothing had been, at the next run.
        guard !order.isCapture else {
            try await transaction.run(
                .notePaymentError("the hold was not captured: \(result.code)", of: session, by: order.id))
            return nil
        }
        try await blame(order, in: transaction)
        let words = result.isCode ? "refused: \(result.code)" : "no answer from the provider"
        try await transaction.run(.notePaymentError(words, of: session, by: order.id))
        let hours = billing.settings.payments.retryHours
        let attempt = try await transaction.run(.lastAttempt(of: session)).map { Int($0) + 1 } ?? 0
        let next = attempt < hours.count ? now + Double(hours[attempt] * 3_600) : nil
        try await transaction.run(
            .planRetry(
                of: session, for: order.user, attempt: Int16(clamping: attempt), at: next, result: result.code
            ))
        let event = PaymentFailed(
            session: session, user: order.user, attempt: attempt + 1,
            unpaid: Money(due.unpaid, order.amount.currency), result: result.code, nextAttemptAt: next)
        try await transaction.run(.announce(event))
        return event
    }
}
