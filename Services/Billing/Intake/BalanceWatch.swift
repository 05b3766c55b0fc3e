import Bus
import Contracts
import Core
import Hosting
import Lifecycle
import Postgres
import Redis
import Synchronization
import Telemetry

/// Ends sessions that cost as much as their driver has (api.md 5.2, balance_exhausted): each reading, as it is told, and all of
/// them every minute, for what is told may be missed and a station may have been away.
final class BalanceWatch: Sendable {
    private let billing: Billing
    private let commands: CommandSender
    /// Sessions that were told to stop; asked again only after a while.
    private let told = Mutex<Set<ID<ChargingSession>>>([])

    private static let mostTold = 10_000

    init(_ billing: Billing) {
        self.billing = billing
        commands = CommandSender(on: billing.host.bus)
    }

    var part: Part {
        let host = billing.host
        return host.task("balances") { [self] in
            let listening = await host.bus.listen([
                .to(ReadingsStored.self) { [self] event in
                    let candidates = event.readings.filter { $0.user != nil && $0.cost.minorUnits > 0 }
                    guard !candidates.isEmpty else { return }
                    Task(executorPreference: host.bus.loop) { await self.check(candidates) }
                },
                .to(SessionEnded.self) { [self] event in
                    _ = told.withLock { $0.remove(event.session.number) }
                },
            ])
            // Until it is cancelled.
            try? await host.sleep(for: .seconds(1_000_000_000))
            listening.cancel()
        }
    }

    /// Answers how many sessions were told to stop.
    func checkAll() async throws -> Int {
        told.withLock { $0.removeAll() }
        var (last, count) = (ID<ChargingSession>(0), 0)
        // Those whose stations are away stay at the front: the others have their turn behind them.
        while true {
            let part = try await billing.host.database.run(.exhaustedRunning(after: last))
            for session in part { await stop(session.number, on: session.point) }
            count += part.count
            guard part.count == ExhaustedSession.atOnce, let end = part.last else { return count }
            last = end.number
        }
    }

    private func check(_ readings: [ReadingsStored.Reading]) async {
        do {
            let exhausted = try await billing.host.database.run(
                .exhausted(readings.map { ($0.session.number, $0.cost.minorUnits) }))
            for reading in readings where exhausted.contains(reading.session) {
                await stop(reading.session, on: reading.place.chargePoint)
            }
        } catch {
            // The next reading asks again.
            billing.host.log.debug("balance.unchecked", ["error": .text("\(error)")])
        }
    }

    private func stop(_ session: ID<ChargingSession>, on point: ChargePointID) async {
        let isNew = told.withLock { told in
            if told.count >= Self.mostTold { told.removeAll() }
            return told.insert(session).inserted
        }
        guard isNew else { return }
        let stop = StopSession(session, on: point, because: .balanceExhausted)
        do {
            _ = try await commands.send(stop, by: .system(.billing))
        } catch {
            _ = told.withLock { $0.remove(session) }
            billing.host.log.warning("balance.stop_unsent", ["error": .text("\(error)")])
        }
    }
}

/// A session whose running cost has reached its driver's balance.
struct ExhaustedSession: Row, Sendable {
    var number: ID<ChargingSession>
    var point: ChargePointID

    static let columns = "charge.session_id, charge.charge_point_id"
    static let atOnce = 1_000

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        let text = try cells.next(String.self)
        guard let point = ChargePointID(text) else { throw CellError("it is no charge point's identity") }
        self.point = point
    }
}

extension Query where Result == [ExhaustedSession] {
    fileprivate static func exhaustedRunning(after last: ID<ChargingSession>) -> Self {
        """
        SELECT \(columns: ExhaustedSession.self)
        FROM gateway_view.session AS charge
        LEFT JOIN billing.balance AS purse ON purse.user_id = charge.user_id
        WHERE charge.funding = 'balance' AND NOT charge.is_finished AND charge.started_at IS NOT NULL
            AND charge.price_running > 0 AND charge.session_id > \(last)
            AND charge.price_running - round(charge.price_running * coalesce(charge.discount_hundredths, 0) / 10000.0)
                >= coalesce(purse.amount, 0)
        ORDER BY charge.session_id
        LIMIT \(ExhaustedSession.atOnce)
        """
    }
}

extension Query where Result == [ID<ChargingSession>] {
    /// Those of the sessions that are paid from a balance which their cost has reached.
    fileprivate static func exhausted(_ costs: [(Int64, Int64)]) -> Self {
        """
        SELECT charge.session_id
        FROM unnest(\(each: costs, \.0), \(each: costs, \.1)) AS running (session_id, cost)
        JOIN gateway_view.session AS charge ON charge.session_id = running.session_id
        LEFT JOIN billing.balance AS purse ON purse.user_id = charge.user_id
        WHERE charge.funding = 'balance' AND NOT charge.is_finished AND running.cost >= coalesce(purse.amount, 0)
        """
    }
}
