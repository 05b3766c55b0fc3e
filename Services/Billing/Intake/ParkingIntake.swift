import Bus
import Contracts
import Core
import Hosting
import Lifecycle
import Postgres
import Synchronization
import Tariff

/// Takes what parking cost from the balance of who parked (api.md 5.6), once for each reservation. With PARKING_BILLING=none it
/// reads on all the same, so that switching it on bills what comes and nothing that was.
final class ParkingIntake: Sendable {
    private let billing: Billing
    /// Whose balance moved, told behind the commit.
    private let untold = Mutex<[ID<User>]>([])

    init(_ billing: Billing) {
        self.billing = billing
    }

    var part: Part {
        let host = billing.host
        let consumer = EventConsumer(
            "parking", reading: .accounts, on: host.database, bus: host.bus,
            preparing: { events, transaction in
                let ended = events.compactMap {
                    try? JSONReader.decode(ParkingEnded.self, from: Array($0.payload.utf8))
                }
                try await transaction.run(.holdBalances(of: ended.map(\.user)))
            },
            committed: { [self] in tell() },
            inTransaction: [
                .on(ParkingEnded.self) { [self] told, transaction in try await bill(told.event, transaction) }
            ])
        return host.task("parking") { await consumer.run() }
    }

    private func bill(_ ended: ParkingEnded, _ transaction: Transaction) async throws {
        guard billing.settings.billsParking, ended.cost.minorUnits > 0 else { return }
        let cause = "parking:\(ended.reservation)"
        guard try await transaction.run(.bookedEntry(of: cause)) == nil else { return }
        let split = VATSplit(of: ended.cost, at: billing.settings.vatRate)
        _ = try await transaction.book(
            Booking(
                user: ended.user, amount: Money(-ended.cost.minorUnits, ended.cost.currency), kind: .payment,
                subject: .parking,
                description: String("\(InvoiceLines.parkingPrefix)\(ended.spot)".prefix(255)),
                parking: ended.reservation, cause: cause,
                counter: [(.revenue, split.net.minorUnits), (.vat, split.vat.minorUnits)], mayOverdraw: true),
            at: billing.host.clock.now)
        untold.withLock { $0.append(ended.user) }
    }

    private func tell() {
        let users = untold.withLock { untold in
            defer { untold = [] }
            return Set(untold)
        }
        for user in users {
            Task(executorPreference: billing.host.bus.loop) { await self.billing.tellStanding(of: user) }
        }
    }
}
