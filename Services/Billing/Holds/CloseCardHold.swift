import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Telemetry

/// Captures of a hold what its session cost, never more than was held, or frees it where the session cost nothing. What is missing
/// is charged by the payment run as a second order.
struct CloseCardHold {
    let billing: Billing

    private enum Step: Sendable {
        case nothing
        case learn(CardHold)
        case capture(ID<PaymentOrder>)
        case release(CardHold)
    }

    /// Does what is to be done next, as often as there is something. Throws: `BillingRefusal.providerAway` while the provider is silent.
    func run(_ session: ID<ChargingSession>) async throws {
        let host = billing.host
        let step = try await host.database.transaction { transaction in
            try await next(session, in: transaction)
        }
        switch step {
        case .nothing: return
        case .learn(let hold): try await learn(hold)
        case .capture(let order): _ = try await ChargeCard(billing: billing).charge(order)
        case .release(let hold): try await release(hold)
        }
    }

    private func next(_ session: ID<ChargingSession>, in transaction: Transaction) async throws -> Step {
        try await transaction.run(.holdMoney(of: session))
        guard let hold = try await transaction.run(.cardHold(of: session)) else { return .nothing }
        switch hold.state {
        case .asked: return .learn(hold)
        case .releasing: return .release(hold)
        // A capture that is under way is an order like any other, which is asked about as one.
        case .refused, .capturing, .captured, .released, .lost: return .nothing
        case .held: break
        }
        guard let due = try await transaction.run(.due(session)) else { return .nothing }
        guard due.unpaid > 0 else {
            try await transaction.run(.moveHold(hold.id, from: .held, to: .releasing))
            return .release(hold)
        }
        try await transaction.run(.moveHold(hold.id, from: .held, to: .capturing))
        try await transaction.run(
            .placeCapture(
                of: hold, amount: min(due.unpaid, hold.amount.minorUnits), point: due.point,
                at: billing.host.clock.now))
        return .capture(hold.id)
    }

    private func learn(_ hold: CardHold) async throws {
        let result: PaymentResult?
        do throws(ProviderAway) {
            result = try await billing.provider.outcome(of: hold)
        } catch { throw await later(hold) }
        _ = try await learned(result ?? .unheard, of: hold)
    }

    /// Writes down the provider's word about a hold. One whose session has ended meanwhile is closed at once.
    @discardableResult
    func learned(_ result: PaymentResult, of hold: CardHold) async throws -> PlaceCardHold.Outcome {
        let host = billing.host
        billing.figures.payments.with(result.isApproved ? "approved" : "refused").add()
        guard result.isApproved else {
            try await host.database.run(.closeHold(hold.id, .refused, result.code, at: host.clock.now))
            return .refused(result.code)
        }
        try await host.database.run(.moveHold(hold.id, from: .asked, to: .held))
        // Nothing to do where the session still runs.
        try await run(hold.session)
        return .held
    }

    private func release(_ hold: CardHold) async throws {
        let result: PaymentResult
        do throws(ProviderAway) {
            result = try await billing.provider.release(hold)
        } catch { throw await later(hold) }
        if result.code != "0400", !result.isRefunded {
            // It is free in any case once the bank's days are over.
            billing.host.log.warning(
                "hold.not_released", ["order": .integer(hold.id.number), "result": .text(result.code)])
        }
        let host = billing.host
        try await host.database.run(.closeHold(hold.id, .released, result.code, at: host.clock.now))
    }

    private func later(_ hold: CardHold) async -> BillingRefusal {
        // Where this is not written, the next run asks the sooner.
        try? await billing.host.database.run(.learnLater(hold: hold.id, at: billing.host.clock.now))
        return .providerAway
    }
}
