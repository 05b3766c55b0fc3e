import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff

struct TopUpInput: Codable, Sendable {
    var amount: Whole<100, 100_000>
    var identifier: Text<0, 255>?
}

struct PayInput: Codable, Sendable {
    var identifier: Text<0, 255>?
}

struct RefundInput: Codable, Sendable {
    var amount: Whole<1, 1_000_000_000>?
    var reason: Text<0, 200>?
}

struct OrderRefundInput: Codable, Sendable {
    var amount: Whole<1, 1_000_000_000>
}

struct PaidSessionPath: Codable, Sendable {
    var transaction_id: ID<ChargingSession>
}

extension Billing {
    @RouteTable var paymentRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/payment/top-up", topUp).failing("Failed to top up")
            .summary("Money for the balance, from a card").idempotent.needs(.user)
        Route(.post, "/api/v1/payment/pay/:transaction_id", paySession).failing("Failed to pay")
            .summary("Pay for a session by card").idempotent.needs(.user)
        Route(.post, "/api/v1/payment/refund/:transaction_id", refundSession).failing("Failed to refund")
            .summary("Give back what was paid for a session").idempotent.needs(.power)
        Route(.post, "/api/v1/payment/refund/order/:order", refundOrder).failing("Failed to refund")
            .summary("Give back what an order charged").idempotent.needs(.power)
    }

    /// The card that was named, else the default, of those that can be used. Throws: `BillingRefusal`.
    private func usableCard(_ identifier: String?, of user: ID<User>) async throws -> StoredCard {
        let (cards, now) = (try await host.database.run(.cards(of: user)), host.clock.now)
        guard let identifier, !identifier.isEmpty else {
            let usable = cards.filter { $0.card.obstacle(at: now) == nil }
            guard let card = usable.first(where: \.isDefault) ?? usable.first else {
                throw BillingRefusal.cardNeeded(.noUsableMethod)
            }
            return card
        }
        guard let card = cards.first(where: { $0.identifier == identifier }) else {
            throw BillingRefusal.cardNeeded(.methodNotFound)
        }
        // A card that failed before may be tried again by whoever names it.
        if let obstacle = card.card.obstacle(at: now), obstacle != .methodFailedBefore {
            throw BillingRefusal.cardNeeded(obstacle)
        }
        return card
    }

    func topUp(_ call: Call<None, None, TopUpInput>) async throws -> Created<EntryBody> {
        let user = ID<User>(call.identified.user)
        let card = try await usableCard(call.body.identifier?.text, of: user)
        let key = call.request.headers["Idempotency-Key"].flatMap { $0.isEmpty ? nil : String($0.prefix(64)) }
        let order = try await ChargeCard(billing: self).topUp(
            Int64(call.body.amount.number), by: card, key: key)
        guard order.isPaid,
            let number = try await host.database.run(.bookedEntry(of: "order:\(order.id)")),
            let entry = try await host.database.run(.entry(number))
        else { throw BillingRefusal.paymentRefused(order.result) }
        return Created(entry)
    }

    func paySession(_ call: Call<PaidSessionPath, None, PayInput>) async throws -> OK<OrderBody> {
        let (caller, session) = (call.identified, call.path.transaction_id)
        guard let row = try await host.database.run(.session(session.number)),
            row.user == caller.user || caller.isPower, let user = row.user
        else { throw BillingRefusal.noSuchSession }
        guard row.isFinished else { throw BillingRefusal.unfinished }
        guard let due = try await host.database.run(.due(session)), due.unpaid > 0 else {
            throw BillingRefusal.nothingToPay
        }
        let card = try await usableCard(call.body.identifier?.text, of: ID(user))
        let order = try await ChargeCard(billing: self).pay(session, by: card)
        guard order.isPaid else {
            throw BillingRefusal.paymentRefused(order.result)
        }
        return OK(OrderBody(order, for: caller.user))
    }

    func refundSession(_ call: Call<PaidSessionPath, None, RefundInput>) async throws -> OK<SessionInfoBody> {
        let (caller, session) = (call.identified, call.path.transaction_id)
        try await RefundSession(billing: self, caller: caller.user).run(
            session, amount: call.body.amount.map { Int64($0.number) }, reason: call.body.reason?.text ?? "")
        return OK(try await info(session.number, for: caller))
    }

    func refundOrder(_ call: Call<OrderPath, None, OrderRefundInput>) async throws -> OK<OrderBody> {
        let caller = call.identified
        let order = try await RefundOrder(billing: self, caller: caller.user).run(
            call.path.order, Int64(call.body.amount.number), "", isOrder: true)
        return OK(OrderBody(order, for: caller.user))
    }
}
