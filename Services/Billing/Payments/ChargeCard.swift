import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Telemetry

/// Charges a card: an order in one transaction, the provider outside of any, its word in another one.
struct ChargeCard {
    let billing: Billing

    /// What is unpaid of a session. Throws: `BillingRefusal`, `nothingToPay` when nothing is.
    func pay(_ session: ID<ChargingSession>, by card: StoredCard) async throws -> StoredOrder {
        let host = billing.host
        let id = try await host.database.transaction { transaction in
            let now = host.clock.now
            try await transaction.run(.holdMoney(of: session))
            guard let due = try await transaction.run(.due(session)), due.unpaid > 0, let user = due.user
            else { throw BillingRefusal.nothingToPay }
            guard try await !transaction.run(.isHeld(for: session)) else {
                throw BillingRefusal.paymentUnderWay
            }
            // One that could not reach the provider last time is tried again, instead of a new one every few minutes.
            if let open = try await transaction.run(.openOrder(of: session)), open.askedAt == nil,
                open.identifier == card.identifier, open.amount.minorUnits == due.unpaid, open.returnOK == nil
            {
                try await transaction.run(.ask(open.id, at: now))
                return open.id
            }
            return try await transaction.place(
                NewOrder(
                    kind: .charging, user: user, session: session, identifier: card.identifier,
                    amount: Money(due.unpaid, host.settings.currency),
                    description: "Charging at \(due.point)", isAsked: true), at: now)
        }
        return try await charge(id)
    }

    /// Money for a balance. A request that is repeated under its key finds the order of the first, so that a card is not charged
    /// twice because an answer was lost. Throws: `BillingRefusal`.
    func topUp(_ amount: Int64, by card: StoredCard, key: String?) async throws -> StoredOrder {
        let host = billing.host
        if let key,
            let known = try await host.database.run(
                .order(ofRequest: key, of: card.user, since: host.clock.now - 86_400))
        {
            return known.isCompleted ? known : try await learn(known)
        }
        let id = try await host.database.transaction { transaction in
            try await transaction.place(
                NewOrder(
                    kind: .topUp, user: card.user, identifier: card.identifier,
                    amount: Money(amount, host.settings.currency), description: "Top-up", requestKey: key,
                    isAsked: true), at: host.clock.now)
        }
        return try await charge(id)
    }

    /// Charges, or captures what is held. Throws: `BillingRefusal.providerAway`.
    func charge(_ id: ID<PaymentOrder>) async throws -> StoredOrder {
        let host = billing.host
        guard let order = try await host.database.run(.order(id)) else { throw BillingRefusal.noSuchOrder }
        let result: PaymentResult
        do throws(ProviderAway) {
            result =
                order.isCapture
                ? try await billing.provider.capture(order) : try await billing.provider.charge(order)
        } catch {
            billing.figures.payments.with(error == .unreachable ? "unreachable" : "unanswered").add()
            if error == .unreachable, !order.isCapture { try await forget(order) }
            throw BillingRefusal.providerAway
        }
        return try await CompleteOrder(billing: billing, id: id, result: result).run().0
    }

    /// Nothing was charged, and nothing will be.
    private func forget(_ order: StoredOrder) async throws {
        let host = billing.host
        guard let session = order.session else {
            try await host.database.run(.close(order.id, "provider unreachable", at: host.clock.now))
            return
        }
        try await host.database.transaction { transaction in
            try await transaction.run(.holdMoney(of: session))
            try await transaction.run(.unask(order.id))
            try await transaction.run(.notePaymentError("provider unreachable", of: session, by: order.id))
        }
    }

    /// Asks what became of an order whose answer never came. One of which the provider has never heard is closed; what it was to
    /// pay is tried anew after the usual pause. Throws: `BillingRefusal.providerAway`.
    func learn(_ order: StoredOrder) async throws -> StoredOrder {
        let host = billing.host
        let result: PaymentResult?
        do throws(ProviderAway) {
            let known = try await billing.provider.outcome(of: order)
            // What is held is captured once, however often it is asked for.
            result = known == nil && order.isCapture ? try await billing.provider.capture(order) : known
        } catch {
            try await host.database.run(.learnLater(order.id, at: host.clock.now))
            throw BillingRefusal.providerAway
        }
        return try await CompleteOrder(billing: billing, id: order.id, result: result ?? .unheard).run().0
    }
}
