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
    /// What a batch is about, read behind its locks by two statements for all; each is good for one settlement, which changes it. Whoever
    /// finds nothing here reads for itself.
    private let known = Mutex<[ID<ChargingSession>: SettleSession.Known]>([:])

    init(_ billing: Billing) {
        self.billing = billing
    }

    var part: Part {
        let host = billing.host
        let consumer = EventConsumer(
            "intake", reading: .gateway, on: host.database, bus: host.bus,
            preparing: { [self] events, transaction in
                try await prepare(events.compactMap { Int64($0.subject) }, transaction)
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

    private func prepare(_ sessions: [Int64], _ transaction: Transaction) async throws {
        known.withLock { $0 = [:] }
        try await transaction.run(.holdMoney(ofAll: sessions))
        try await transaction.run(.holdBalances(ofAll: sessions))
        let ended = try await transaction.run(.endedSessions(sessions))
        let before = try await transaction.run(.settledBefore(ofAll: sessions))
        var read = Dictionary(ended.map { ($0.number, SettleSession.Known(ended: $0)) }) { first, _ in first }
        for row in before { read[row.session]?.before = row }
        known.withLock { $0 = read }
    }

    private func settle(_ session: ID<ChargingSession>, _ transaction: Transaction) async throws {
        let known = known.withLock { $0.removeValue(forKey: session) }
        let events = try await SettleSession(
            billing: billing, session: session, transaction: transaction, known: known
        ).run()
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
