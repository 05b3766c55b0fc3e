import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff

/// Gives back to a card what an order charged: it is set aside in one transaction, the provider is asked outside of any, and
/// then it is booked or put back. So two refunds at once never give more than was paid, and one whose answer is lost is
/// asked for again.
struct RefundOrder {
    let billing: Billing
    /// Who wishes it; nil for the service itself.
    var caller: Int64?

    /// Throws: `BillingRefusal.notRefundable`, `.noSuchOrder`, `.providerAway`.
    func run(_ order: ID<PaymentOrder>, _ amount: Int64, _ reason: String, isOrder: Bool) async throws
        -> StoredOrder
    {
        let refund = try await billing.host.database.transaction { transaction in
            try await begin(order, amount, reason, isOrder: isOrder, in: transaction)
        }
        guard try await ask(refund) == .done else { throw BillingRefusal.notRefundable(isOrder: isOrder) }
        guard let stored = try await billing.host.database.run(.order(order)) else {
            throw BillingRefusal.noSuchOrder
        }
        return stored
    }

    /// Sets it aside. Throws: `BillingRefusal.notRefundable`, `.noSuchOrder`.
    func begin(
        _ id: ID<PaymentOrder>, _ amount: Int64, _ reason: String, isOrder: Bool = true,
        in transaction: Transaction
    ) async throws -> ID<StoredRefund> {
        let now = billing.host.clock.now
        let refused = BillingRefusal.notRefundable(isOrder: isOrder)
        guard let order = try await transaction.run(.order(id)) else { throw BillingRefusal.noSuchOrder }
        if let session = order.session { try await transaction.run(.holdMoney(of: session)) }
        guard order.isPaid,
            try await transaction.run(.setAside(amount, of: id, at: now)).count == 1
        else { throw refused }
        if let session = order.session {
            guard try await transaction.run(.takeBack(amount, of: session, at: now)).count == 1 else {
                throw refused
            }
        }
        let refund = try await transaction.run(.enterRefund(of: id, amount, reason, by: caller, at: now))
        guard order.kind == .topUp else { return refund }
        // The money leaves the balance again, which must hold it.
        do {
            try await move(-amount, order, refund, "Refund of order \(id)", in: transaction)
        } catch BillingRefusal.balanceTooLow { throw refused }
        return refund
    }

    /// The first time or again. Throws: `BillingRefusal.providerAway` while nobody knows.
    @discardableResult
    func ask(_ id: ID<StoredRefund>, again: Bool = false) async throws -> StoredRefund.State {
        let database = billing.host.database
        guard var refund = try await database.run(.refund(id)), refund.state == .asked,
            let order = try await database.run(.order(refund.order))
        else { return .done }
        refund.isRepeated = again
        if again {
            refund.bookedAlike = Int(
                try await database.run(.countBookedRefunds(of: order.id, amount: refund.amount)))
        }
        let result: PaymentResult
        do throws(ProviderAway) {
            result = try await billing.provider.refund(refund, of: order)
        } catch {
            if error == .unreachable, !again {
                _ = try await conclude(refund, order, .refused, "provider unreachable")
            } else if again {
                try await database.run(.learnLater(refund.id, at: billing.host.clock.now))
            }
            throw BillingRefusal.providerAway
        }
        return try await conclude(refund, order, result.isRefunded ? .done : .refused, result.code)
    }

    private func conclude(
        _ refund: StoredRefund, _ order: StoredOrder, _ state: StoredRefund.State, _ result: String
    ) async throws -> StoredRefund.State {
        let host = billing.host
        try await host.database.transaction { transaction in
            let now = host.clock.now
            if let session = order.session { try await transaction.run(.holdMoney(of: session)) }
            guard try await transaction.run(.closeRefund(refund.id, state, result, at: now)).count == 1 else {
                return
            }
            switch state {
            case .done: try await book(refund, order, in: transaction, now)
            case .asked, .refused: try await putBack(refund, order, in: transaction)
            }
        }
        await billing.tellStanding(of: order.user)
        return state
    }

    private func book(_ refund: StoredRefund, _ order: StoredOrder, in transaction: Transaction, _ now: Date)
        async throws
    {
        guard let session = order.session, let due = try await transaction.run(.due(session)) else { return }
        try await transaction.run(.holdBalances(of: [due.user, due.owner].compactMap { $0 }))
        let entry = try await transaction.book(
            .refund(
                of: due, Money(refund.amount, order.amount.currency), at: billing.settings.vatRate,
                purse: .card,
                order: order.id, refund.reason, by: refund.askedBy, cause: "refund:\(refund.id)"), at: now)
        try await transaction.settleHost(
            of: due, commission: billing.settings.commission, currency: order.amount.currency,
            order: order.id,
            cause: "refund:\(refund.id)", at: now)
        try await transaction.run(
            .record(
                AuditEntry(
                    "REFUND", by: refund.askedBy,
                    [
                        "transaction_id": .integer(session.number), "amount": .integer(refund.amount),
                        "order": .integer(order.id.number), "entry": .integer(entry.number),
                    ]), in: .billing, at: now))
    }

    private func putBack(_ refund: StoredRefund, _ order: StoredOrder, in transaction: Transaction)
        async throws
    {
        try await transaction.run(.putBack(refund.amount, of: order.id))
        if let session = order.session { try await transaction.run(.putBack(refund.amount, of: session)) }
        guard order.kind == .topUp else { return }
        try await move(
            refund.amount, order, refund.id, "Refund of order \(order.id) failed", in: transaction)
    }

    /// From or to the balance that a top-up filled.
    private func move(
        _ amount: Int64, _ order: StoredOrder, _ refund: ID<StoredRefund>, _ text: String,
        in transaction: Transaction
    ) async throws {
        _ = try await transaction.book(
            Booking(
                user: order.user, amount: Money(amount, order.amount.currency), kind: .adjustment,
                subject: .topup, description: text, order: order.id,
                cause: "refund:\(refund)\(amount > 0 ? ":failed" : "")", by: caller,
                counter: [(.provider, -amount)]), at: billing.host.clock.now)
    }
}

extension Booking {
    /// Money of a session that goes back to who paid.
    static func refund(
        of due: DueSession, _ amount: Money, at rate: Percent, purse: Purse, order: ID<PaymentOrder>?,
        _ reason: String, by caller: Int64?, cause: String
    ) -> Booking {
        let split = VATSplit(of: amount, at: rate)
        return Booking(
            user: due.user ?? ID(0), amount: amount, kind: .refund, subject: .charging, purse: purse,
            description: reason.isEmpty ? "Refund of charging at \(due.point)" : reason, session: due.number,
            order: order, cause: cause, by: caller,
            counter: [(.revenue, -split.net.minorUnits), (.vat, -split.vat.minorUnits)])
    }
}
