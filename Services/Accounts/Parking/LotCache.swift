import Bus
import Contracts
import Core
import Hosting
import Lifecycle
import Postgres
import Redis
import Synchronization

extension Accounts {
    /// After the commit of whatever changes who stands where, or the lot itself (api.md 5.13).
    func lotChanged(_ lot: ID<ParkingLot>) async {
        await host.cache.changed(.parkingLots)
        await host.cache.changed(.parkingSpots, about: lot.number)
    }
}

/// A connector's status takes its spot, or frees it: what is kept of its lot goes.
struct LotWatch {
    let accounts: Accounts

    /// Of many reports at once one look is made.
    private static let pace = Duration.milliseconds(100)

    private final class Reports: Sendable {
        let places = Mutex<Set<ConnectorPlace>>([])
    }

    var part: Part {
        let (accounts, host, reports) = (accounts, accounts.host, Reports())
        return host.task("lot watch") {
            let listening = await host.bus.listen([
                .to(ConnectorChanged.self) { changed in
                    _ = reports.places.withLock { $0.insert(changed.place) }
                }
            ])
            // Until it is cancelled.
            while (try? await host.sleep(for: Self.pace)) != nil {
                let places = reports.places.withLock { places in
                    defer { places = [] }
                    return places
                }
                guard !places.isEmpty else { continue }
                do {
                    for lot in try await host.database.run(.lots(at: places)) {
                        await accounts.lotChanged(lot)
                    }
                } catch {
                    // Looked at again with the next ones.
                    reports.places.withLock { $0.formUnion(places) }
                }
            }
            listening.cancel()
        }
    }
}

extension Query where Result == [ID<ParkingLot>] {
    fileprivate static func lots(at places: Set<ConnectorPlace>) -> Self {
        let places = Array(places)
        return """
            SELECT DISTINCT spot.lot_id
            FROM accounts.parking_spot AS spot
            JOIN unnest(\(places.map(\.chargePoint.text)), \(places.map { Int32(clamping: $0.number) }))
                AS told (charge_point_id, connector_id)
                ON told.charge_point_id = spot.charge_point_id AND told.connector_id = spot.connector_id
            WHERE spot.deleted_at IS NULL
            ORDER BY spot.lot_id
            """
    }
}
