import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Telemetry

/// Has money kept on the card of a session that begins: a number in one transaction, the provider outside of any, its word in
/// another one. A session has one hold, whoever asks how often.
struct PlaceCardHold {
    let billing: Billing

    enum Outcome: Equatable, Sendable {
        case held
        case refused(String)
        /// Nobody knows yet; whoever asks the provider next, finds out.
        case unknown
        /// Nothing was asked: the session has ended, or no card of its driver pays for it.
        case notNeeded
    }

    func run(for session: ID<ChargingSession>, _ amount: Money) async throws -> Outcome {
        let host = billing.host
        let hold = try await host.database.transaction { transaction -> (CardHold?, isNew: Bool) in
            try await transaction.run(.holdMoney(of: session))
            if let known = try await transaction.run(.cardHold(of: session)) { return (known, false) }
            guard let card = try await transaction.run(.cardOfRunning(session)) else { return (nil, false) }
            let id = try await transaction.run(.nextOrderNumber)
            try await transaction.run(.enterHold(id, for: session, card, amount, at: host.clock.now))
            return (try await transaction.run(.cardHold(of: session)), true)
        }
        guard let stored = hold.0 else { return .notNeeded }
        guard hold.isNew else { return Self.outcome(stored.state) }
        let result: PaymentResult
        do throws(ProviderAway) {
            result = try await billing.provider.hold(stored)
        } catch {
            billing.figures.payments.with(error == .unreachable ? "unreachable" : "unanswered").add()
            guard error == .unreachable else { return .unknown }
            try await host.database.run(
                .closeHold(stored.id, .refused, "provider unreachable", at: host.clock.now))
            return .unknown
        }
        return try await CloseCardHold(billing: billing).learned(result, of: stored)
    }

    static func outcome(_ state: CardHold.State) -> Outcome {
        switch state {
        case .asked: .unknown
        case .held, .capturing, .captured: .held
        case .refused, .lost, .releasing, .released: .refused(state.rawValue)
        }
    }
}
