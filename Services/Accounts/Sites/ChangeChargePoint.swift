import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Sites

/// Changes a charge point's entry, with its connectors, in one transaction; the gateway hears of it and reads it anew.
struct ChangeChargePoint {
    let accounts: Accounts
    let id: String
    let caller: Caller
    let request: Request

    /// Throws: `SiteRefusal`.
    func run(_ change: ChargePointChange) async throws -> ChargePointBody {
        let viewer = Viewer(caller)
        _ = try await accounts.ownChargePointRow(id, for: viewer)
        let host = accounts.host
        let event = try await host.database.transaction { transaction in
            guard var point = try await transaction.run(.holdChargePoint(id)) else {
                throw SiteRefusal.noSuchPoint
            }
            let before = point
            try point.apply(change, by: viewer, isAdmin: caller.isAdmin)
            if let site = point.site, site != before.site, try await !transaction.run(.siteExists(site)) {
                throw SiteRefusal.invalid(field: "station_id", "must be the number of a station")
            }
            if point.owner != before.owner, try await transaction.run(.isCharging(on: id)) {
                throw SiteRefusal.sessionGoesOn
            }
            try await transaction.run(.store(point))
            for connector in change.connectors ?? [] {
                try await transaction.run(.store(connector, of: id))
            }
            let now = host.clock.now
            try await transaction.run(
                .record(
                    AuditEntry(
                        "UPDATE_CHARGE_POINT", by: caller.user, ["charge_point_id": .string(id)],
                        from: request),
                    in: .accounts, at: now))
            return try await transaction.announcePoint(id, Self.word(before, point), at: now)
        }
        if let event { host.bus.publish(event) }
        let row = try await accounts.chargePointRow(id, for: viewer)
        return try await accounts.bodies([row], for: viewer)[0]
    }

    private static func word(_ before: ConfiguredPoint, _ after: ConfiguredPoint) -> PointChanged.Change {
        guard before.registration != after.registration else { return .edited }
        return switch Registration(rawValue: after.registration) {
        case .approved: .approved
        case .rejected: .rejected
        case .pending, nil: .edited
        }
    }
}

extension Transaction {
    /// Announces a change of a point's entry; nil for an identity that no gateway would know.
    func announcePoint(
        _ id: String, _ change: PointChanged.Change, at now: Date
    ) async throws -> PointChanged? {
        guard let point = ChargePointID(id) else { return nil }
        let event = PointChanged(point, .known(change), at: now)
        try await run(.announce(event))
        return event
    }
}
