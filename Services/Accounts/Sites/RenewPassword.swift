import Bus
import Contracts
import Core
import Crypto
import HTTP
import Hosting
import Postgres
import Redis
import Sites
import Telemetry

/// Gives a charge point another connection password; the station must come again with it.
struct RenewPassword {
    let accounts: Accounts
    let id: String
    let caller: Caller
    let request: Request

    /// - Parameter wanted: only power users choose; 8 to 40 printable characters (api.md 2.2.7).
    ///
    /// Throws: `SiteRefusal`.
    func run(_ wanted: String?) async throws -> FreshPassword {
        let viewer = Viewer(caller)
        _ = try await accounts.ownChargePointRow(id, for: viewer)
        if let wanted {
            guard viewer.isPower else { throw SiteRefusal.onlyForPower("password") }
            guard (8...40).contains(wanted.utf8.count),
                wanted.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
            else { throw SiteRefusal.invalid(field: "password", "must be 8 to 40 printable characters") }
        }
        let password = wanted ?? RandomText.connectionPassword()
        let hash = accounts.connectionPasswords.hash(Array(password.utf8))
        let host = accounts.host
        let event = try await host.database.transaction { transaction in
            let now = host.clock.now
            try await transaction.run(.setPassword(of: id, hash: hash, at: now))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "ISSUE_CONNECTION_PASSWORD", by: caller.user, ["charge_point_id": .string(id)],
                        from: request),
                    in: .accounts, at: now))
            return try await transaction.announcePoint(id, .edited, at: now)
        }
        if let event { host.bus.publish(event) }
        await accounts.sendAway(id, because: "the connection password was changed")
        return FreshPassword(username: id, password: password)
    }
}

extension Accounts {
    /// Closes a station's connection, where it has one. Nobody there is what was wanted, and without Redis the gateway
    /// hears of the change from the event log.
    func sendAway(_ id: String, because reason: String) async {
        guard let point = ChargePointID(id) else { return }
        do {
            _ = try await commands.send(Disconnect(point, reason: reason), by: .system(.accounts))
        } catch {
            host.log.warning(
                "point.not_sent_away", ["charge_point": .text(id), "error": .text("\(error)")])
        }
    }
}
