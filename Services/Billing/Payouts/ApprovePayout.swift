import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// The second pair of eyes on a payout: somebody else than who made the draft lets the money leave the host's balance.
struct ApprovePayout {
    let billing: Billing
    let caller: Caller
    let request: Request

    /// Throws: `BillingRefusal.noSuchPayout`, `.payoutNot`, `.fourEyes`, `.balanceTooLow`.
    func run(_ id: Int64) async throws {
        let (host, caller, request) = (billing.host, caller, request)
        let user = try await host.database.transaction { transaction in
            let now = host.clock.now
            guard let payout = try await transaction.run(.holdPayout(id)),
                let currency = Currency(code: payout.currency)
            else { throw BillingRefusal.noSuchPayout }
            guard payout.status == .draft else { throw BillingRefusal.payoutNot("a draft") }
            guard payout.created_by != caller.user else { throw BillingRefusal.fourEyes }
            let entry = try await transaction.book(
                Booking(
                    user: ID(payout.user_id), amount: Money(-payout.amount, currency), kind: .payout,
                    subject: .host, description: "Payout \(payout.statement_number)", cause: "payout:\(id)",
                    by: caller.user, counter: [(.payout, payout.amount)]), at: now)
            try await transaction.run(.approve(id, entry: entry.number, by: caller.user, at: now))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "APPROVE_PAYOUT", by: caller.user,
                        ["payout": .integer(id), "amount": .integer(payout.amount)], from: request),
                    in: .billing, at: now))
            return ID<User>(payout.user_id)
        }
        await billing.tellStanding(of: user)
    }
}
