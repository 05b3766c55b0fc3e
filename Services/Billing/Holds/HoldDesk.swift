import Bus
import Contracts
import Core
import Hosting
import Lifecycle
import Postgres
import Tariff
import Telemetry

/// Hears of starts by card: those that a gateway asks for before it asks the station, and those that a station began by itself.
final class HoldDesk: Sendable {
    private let billing: Billing
    private let commands: CommandSender

    init(_ billing: Billing) {
        self.billing = billing
        commands = CommandSender(on: billing.host.bus)
    }

    /// Answers gateways.
    var desk: Part {
        let host = billing.host
        let server = CommandServer(
            on: host.bus, host.database,
            [
                .on(PlaceHold.self) { [self] wish, _ in
                    switch try await PlaceCardHold(billing: billing).run(for: wish.session, wish.amount) {
                    case .held: return Done()
                    case .refused(let result):
                        throw CommandRefusal(.holdRefused, "payment refused: \(result)")
                    case .notNeeded: throw CommandRefusal(.holdRefused, "payment refused: no card")
                    case .unknown: throw CommandRefusal(.providerAway, "payment provider unreachable")
                    }
                }
            ])
        return host.task("hold desk") { await server.run() }
    }

    /// A session that a station began has no estimate: PREAUTH_AMOUNT is held, and a refused card ends it.
    var local: Part {
        let host = billing.host
        let consumer = EventConsumer(
            "holds", reading: .gateway, on: host.database, bus: host.bus, from: .now,
            outside: [.on(SessionStarted.self) { [self] told in try await began(told.event.session) }])
        return host.task("holds") { await consumer.run() }
    }

    private func began(_ session: SessionReference) async throws {
        let amount = Money(billing.settings.payments.preauthorization, billing.host.settings.currency)
        guard amount.minorUnits > 0,
            case .refused = try await PlaceCardHold(billing: billing).run(for: session.number, amount)
        else { return }
        let stop = StopSession(session.number, on: session.place.chargePoint, because: .deauthorized)
        do {
            _ = try await commands.send(stop, by: .system(.billing))
        } catch {
            // The session goes on and is paid for like one without a hold.
            billing.host.log.warning("hold.stop_unsent", ["error": .text("\(error)")])
        }
    }
}
