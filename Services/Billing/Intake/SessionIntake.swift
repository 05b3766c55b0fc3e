import Bus
import Contracts
import Core
import Hosting
import Lifecycle
import Postgres
import Synchronization

/// Follows the gateway's log and settles what has ended: exactly once, also after an hour of downtime.
final class SessionIntake: Sendable {
    private let billing: Billing
    /// What handlers did, told behind their commit. Telling twice is harmless, a repeated transaction may do it.
    private let untold = Mutex<[BilledEvent]>([])

    init(_ billing: Billing) {
        self.billing = billing
    }

    var part: Part {
        let host = billing.host
        let consumer = EventConsumer(
            "intake", reading: .gateway, on: host.database, bus: host.bus,
            preparing: { events, transaction in
                let sessions = events.compactMap { Int64($0.subject) }
                try await transaction.run(.holdMoney(ofAll: sessions))
                try await transaction.run(.holdBalances(ofAll: sessions))
            },
            committed: { [self] in tell() },
            inTransaction: [
                .on(SessionEnded.self) { [self] told, transaction in
                    try await settle(told.event.session.number, transaction)
                },
                .on(SessionAmended.self) { [self] told, transaction in
                    try await settle(told.event.session.number, transaction)
                },
            ])
        return host.task("intake") { await consumer.run() }
    }

    private func settle(_ session: ID<ChargingSession>, _ transaction: Transaction) async throws {
        let events = try await SettleSession(billing: billing, session: session, transaction: transaction)
            .run()
        untold.withLock { $0 += events }
    }

    private func tell() {
        let events = untold.withLock { untold in
            defer { untold = [] }
            return untold
        }
        let host = billing.host
        // Somebody of whom a batch settles much hears once what is left.
        var (moved, held) = (Set<ID<User>>(), Set<ID<ChargingSession>>())
        for event in events {
            switch event {
            case .settled(let event): host.bus.publish(event)
            case .amended(let event): host.bus.publish(event)
            case .moved(let user): moved.insert(user)
            case .held(let session): held.insert(session)
            }
        }
        for user in moved {
            Task(executorPreference: host.bus.loop) { await self.billing.tellStanding(of: user) }
        }
        for session in held {
            Task(executorPreference: host.bus.loop) {
                // Where this fails, the payment run does it.
                try? await CloseCardHold(billing: self.billing).run(session)
            }
        }
    }
}

extension Billing {
    /// What somebody has now, for the apps that show it.
    func tellStanding(of user: ID<User>) async {
        // Who misses it reads the view.
        guard let standing = try? await host.database.run(.standing(of: user)) else { return }
        host.bus.publish(
            BalanceChanged(user: user, balance: Money(standing.balance, host.settings.currency)))
    }
}
