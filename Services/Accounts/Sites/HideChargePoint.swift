import Bus
import Contracts
import Core
import HTTP
import Hosting
import Postgres
import Sites

/// Hides a charge point: its sessions and bills stay, its station is sent away and not let in again.
struct HideChargePoint {
    let accounts: Accounts
    let id: String
    let caller: Caller
    let request: Request

    /// Throws: `SiteRefusal`.
    func run() async throws {
        _ = try await accounts.ownChargePointRow(id, for: Viewer(caller))
        let host = accounts.host
        let event = try await host.database.transaction { transaction in
            guard try await transaction.run(.holdChargePoint(id)) != nil else {
                throw SiteRefusal.noSuchPoint
            }
            if try await transaction.run(.isCharging(on: id)) { throw SiteRefusal.sessionGoesOn }
            let now = host.clock.now
            if try await transaction.run(.isReserved(id, at: now)) { throw SiteRefusal.isReserved }
            try await transaction.run(.hideChargePoint(id, at: now))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "DELETE_CHARGE_POINT", by: caller.user, ["charge_point_id": .string(id)],
                        from: request),
                    in: .accounts, at: now))
            return try await transaction.announcePoint(id, .deleted, at: now)
        }
        if let event { host.bus.publish(event) }
        await accounts.sendAway(id, because: "the charge point was deleted")
    }
}
