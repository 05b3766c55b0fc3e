import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff

/// Gives back what was paid for a session: to the balance, or to the cards that paid. The host gives back the same share.
struct RefundSession {
    let billing: Billing
    /// Nil for the service itself.
    var caller: Int64?

    /// - Parameter wanted: nil for everything. Throws: `BillingRefusal.notRefundable`, `.noSuchSession`, `.providerAway`.
    func run(_ session: ID<ChargingSession>, amount wanted: Int64?, reason: String) async throws {
        guard let due = try await billing.host.database.run(.due(session)), let user = due.user else {
            throw BillingRefusal.noSuchSession
        }
        let amount = wanted ?? due.refundable
        guard amount > 0, amount <= due.refundable else { throw BillingRefusal.notRefundable(isOrder: false) }
        guard due.funding != "card" else { return try await toCards(session, amount, reason) }
        try await toBalance(session, amount, reason)
        await billing.tellStanding(of: user)
    }

    private func toBalance(_ session: ID<ChargingSession>, _ amount: Int64, _ reason: String) async throws {
        let (host, settings) = (billing.host, billing.settings)
        try await host.database.transaction { transaction in
            let (now, currency) = (host.clock.now, host.settings.currency)
            try await transaction.run(.holdMoney(of: session))
            guard try await transaction.run(.takeBack(amount, of: session, at: now)).count == 1,
                let due = try await transaction.run(.due(session))
            else { throw BillingRefusal.notRefundable(isOrder: false) }
            try await transaction.run(.holdBalances(of: [due.user, due.owner].compactMap { $0 }))
            // What has been given back so far tells one refund of a session from the next.
            let cause = "refund:session:\(session):\(due.refunded)"
            let entry = try await transaction.book(
                .refund(
                    of: due, Money(amount, currency), at: settings.vatRate, purse: .balance, order: nil,
                    reason,
                    by: caller, cause: cause), at: now)
            try await transaction.settleHost(
                of: due, commission: settings.commission, currency: currency, order: nil, cause: cause,
                at: now)
            try await transaction.run(
                .record(
                    AuditEntry(
                        "REFUND", by: caller,
                        [
                            "transaction_id": .integer(session.number), "amount": .integer(amount),
                            "entry": .integer(entry.number),
                        ]), in: .billing, at: now))
        }
    }

    /// All or nothing: what several orders give together is set aside at once, so that another refund that comes between leaves
    /// no part of this one behind.
    private func toCards(_ session: ID<ChargingSession>, _ amount: Int64, _ reason: String) async throws {
        let refund = RefundOrder(billing: billing, caller: caller)
        let refused = BillingRefusal.notRefundable(isOrder: false)
        let orders = try await billing.host.database.run(.refundable(of: session))
        guard orders.reduce(0, { $0 + $1.amount.minorUnits - $1.refunded }) >= amount else { throw refused }
        let parts = try await billing.host.database.transaction { transaction in
            var (left, parts) = (amount, [ID<StoredRefund>]())
            for order in orders where left > 0 {
                let part = min(left, order.amount.minorUnits - order.refunded)
                parts.append(
                    try await refund.begin(order.id, part, reason, isOrder: false, in: transaction))
                left -= part
            }
            return parts
        }
        for part in parts {
            guard try await refund.ask(part) == .done else { throw refused }
        }
    }
}
