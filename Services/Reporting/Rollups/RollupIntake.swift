import Bus
import Contracts
import Hosting
import Lifecycle

/// Follows the logs of gateway and billing, and keeps the rollups in step.
struct RollupIntake {
    let host: Host

    var parts: [Part] {
        let sessions = EventConsumer(
            "rollups", reading: .gateway, on: host.database, bus: host.bus,
            inTransaction: [
                .on(SessionEnded.self) { told, transaction in
                    try await RollUpSession(session: told.event.session.number).run(in: transaction)
                },
                .on(SessionAmended.self) { told, transaction in
                    try await RollUpSession(session: told.event.session.number).run(in: transaction)
                },
            ])
        let bills = EventConsumer(
            "rollups", reading: .billing, on: host.database, bus: host.bus,
            inTransaction: [
                .on(SessionSettled.self) { told, transaction in
                    try await RollUpSession(session: told.event.session).run(in: transaction)
                },
                .on(BillAmended.self) { told, transaction in
                    try await RollUpSession(session: told.event.session).run(in: transaction)
                },
                .on(PaymentFailed.self) { told, transaction in
                    try await RollUpSession(session: told.event.session).run(in: transaction)
                },
            ])
        return [
            host.task("rollups of sessions") { await sessions.run() },
            host.task("rollups of bills") { await bills.run() },
        ]
    }
}
