import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Tariff
import Telemetry

/// Charges what is unpaid, gives back what was paid too much, and asks again about orders and refunds of which nobody heard
/// (api.md 5.9).
struct PaymentRun {
    let billing: Billing

    /// An answer that has not come by then does not come by itself.
    private static let patience: TimeInterval = 120
    /// Orders that the provider is asked about at once.
    private static let atOnce = 8

    struct Outcome: Codable, Equatable, Sendable {
        var paid = 0
        var failed = 0
        var withoutCard = 0
    }

    func run() async throws -> Outcome {
        let (host, charge) = (billing.host, ChargeCard(billing: billing))
        let (now, before) = (host.clock.now, host.clock.now - Self.patience)
        for order in try await host.database.run(.unanswered(before: before, at: now)) {
            await attempt("order \(order.id)") { _ = try await charge.learn(order) }
        }
        for refund in try await host.database.run(.unansweredRefunds(before: before, at: now)) {
            await attempt("refund \(refund.id)") {
                _ = try await RefundOrder(billing: billing, caller: refund.askedBy).ask(
                    refund.id, again: true)
            }
        }
        for hold in try await host.database.run(.waitingHolds(before: before, at: now)) {
            await attempt("hold \(hold.id)") { try await CloseCardHold(billing: billing).run(hold.session) }
        }
        var last = ID<ChargingSession>(0)
        while true {
            let part = try await host.database.run(.overpaidByCard(after: last, at: host.clock.now))
            for due in part {
                await attempt("session \(due.number)") {
                    try await RefundSession(billing: billing).run(
                        due.number, amount: due.paid - due.refunded - due.cost, reason: "")
                }
            }
            guard part.count == DueSession.atOnce, let end = part.last else { break }
            last = end.number
        }
        return try await chargeUnpaid(of: nil)
    }

    /// - Parameter user: only this one's sessions, such as behind the saving of a card; nil for everybody's.
    func chargeUnpaid(of user: ID<User>?) async throws -> Outcome {
        var (outcome, last) = (Outcome(), ID<ChargingSession>(0))
        // All of them: who cannot pay stays at the front, and must not keep the others from paying.
        while true {
            let part = try await billing.host.database.run(
                .unpaidByCard(of: user, after: last, at: billing.host.clock.now))
            await charge(part[...], &outcome)
            guard part.count == DueSession.atOnce, let end = part.last else { return outcome }
            last = end.number
        }
    }

    private func charge(_ sessions: ArraySlice<DueSession>, _ outcome: inout Outcome) async {
        var waiting = sessions
        while !waiting.isEmpty {
            let now = waiting.prefix(Self.atOnce)
            waiting = waiting.dropFirst(Self.atOnce)
            await withTaskGroup(of: Bool?.self) { group in
                for due in now { group.addTask { await charge(due) } }
                for await isPaid in group {
                    switch isPaid {
                    case true?: outcome.paid += 1
                    case false?: outcome.failed += 1
                    case nil: outcome.withoutCard += 1
                    }
                }
            }
        }
    }

    /// Whether it is paid now; nil where there is no card.
    private func charge(_ due: DueSession) async -> Bool? {
        var isWithoutCard = false
        let isPaid = await attempt("session \(due.number)") {
            guard let user = due.user, let card = try await card(for: due.number, of: user) else {
                try await billing.host.database.run(.notePaymentError("no payment method", of: due.number))
                isWithoutCard = true
                return false
            }
            let order = try await ChargeCard(billing: billing).pay(due.number, by: card)
            return order.isPaid
        }
        return isWithoutCard ? nil : isPaid == true
    }

    /// One order's trouble is not the others'.
    @discardableResult
    private func attempt<Value>(_ what: String, _ work: () async throws -> Value) async -> Value? {
        do { return try await work() } catch {
            billing.host.log.warning(
                "payment.attempt_failed", ["what": .text(what), "error": .text("\(error)")])
            return nil
        }
    }

    /// The session's own, else the default, else any, of those that can be used. Where there is none, one that failed before: a
    /// refusal may be over.
    private func card(for session: ID<ChargingSession>, of user: ID<User>) async throws -> StoredCard? {
        let now = billing.host.clock.now
        let cards = try await billing.host.database.run(.cards(of: user))
        let chosen = try await billing.host.database.run(.chosenCard(of: session))
        func best(_ cards: [StoredCard]) -> StoredCard? {
            cards.first { $0.id == chosen } ?? cards.first(where: \.isDefault) ?? cards.first
        }
        return best(cards.filter { $0.card.obstacle(at: now) == nil })
            ?? best(cards.filter { $0.card.obstacle(at: now) == .methodFailedBefore })
    }
}
