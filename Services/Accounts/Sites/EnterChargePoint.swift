import Bus
import Contracts
import Core
import Crypto
import HTTP
import Hosting
import Postgres
import Sites

/// A new charge point, its connectors and its connection password, in one transaction.
struct EnterChargePoint {
    let accounts: Accounts
    let caller: Caller
    let request: Request

    /// What a host types into the wallbox; the password is shown this once.
    struct Connection: Codable, Sendable {
        var url: String
        var username: String
        @OrNull var password: String?
    }

    /// Throws: `SiteRefusal`.
    func run(_ change: ChargePointChange) async throws -> (ChargePointBody, Connection) {
        let viewer = Viewer(caller)
        let host = accounts.host
        guard let title = change.title else { throw SiteRefusal.invalid(field: "title", "is required") }
        if change.charge_point_id != nil, !viewer.isPower {
            throw SiteRefusal.onlyForPower("charge_point_id")
        }
        let needsPassword = !viewer.isPower || change.password_required == true
        let password = needsPassword ? RandomText.connectionPassword() : nil
        let (id, event) = try await host.database.transaction { transaction in
            let id = try await identity(change, in: transaction)
            var point = ConfiguredPoint(
                id, title: title.text, ownedBy: viewer.isPower ? nil : caller.user)
            var rest = change
            rest.charge_point_id = nil
            if !viewer.isPower { rest.password_required = nil }
            try point.apply(rest, by: viewer, isAdmin: caller.isAdmin)
            try await check(point, in: transaction)
            let now = host.clock.now
            do {
                try await transaction.attempt { try await transaction.run(.enter(point, at: now)) }
            } catch let error as DatabaseError where error.violatesUnique("charge_point_pkey") {
                throw SiteRefusal.identityTaken
            }
            for connector in change.connectors ?? [] {
                try await transaction.run(.store(connector, of: id))
            }
            if let password {
                let hash = accounts.connectionPasswords.hash(Array(password.utf8))
                try await transaction.run(.setPassword(of: id, hash: hash, at: now))
            }
            try await transaction.run(
                .record(
                    AuditEntry(
                        "CREATE_CHARGE_POINT", by: caller.user, ["charge_point_id": .string(id)],
                        from: request),
                    in: .accounts, at: now))
            return (id, try await transaction.announcePoint(id, .entered, at: now))
        }
        if let event { host.bus.publish(event) }
        let row = try await accounts.chargePointRow(id, for: viewer)
        let body = try await accounts.bodies([row], for: viewer)[0]
        return (body, Connection(url: accounts.url(of: id), username: id, password: password))
    }

    private func identity(_ change: ChargePointChange, in transaction: Transaction) async throws -> String {
        if let wanted = change.charge_point_id {
            guard wanted.text != "pending" else {
                throw SiteRefusal.invalid(field: "charge_point_id", "is a word of the API")
            }
            return wanted.text
        }
        let number = String(try await transaction.run(.nextChargePointNumber))
        let digits = String(repeating: "0", count: max(0, 6 - number.count)) + number
        return accounts.settings.sites.chargePointPrefix + digits
    }

    private func check(_ point: ConfiguredPoint, in transaction: Transaction) async throws {
        if let site = point.site, try await !transaction.run(.siteExists(site)) {
            throw SiteRefusal.invalid(field: "station_id", "must be the number of a station")
        }
        guard let owner = point.owner, !caller.isPower else { return }
        let most = accounts.settings.sites.mostHostPoints
        guard try await transaction.run(.countPoints(ofOwner: owner)) < Int64(most) else {
            throw SiteRefusal.tooManyPoints(most)
        }
    }
}

extension Accounts {
    /// Where a station connects: OCPP_PUBLIC_URL and its identity.
    func url(of chargePoint: String) -> String { "\(settings.sites.stationURL)/\(chargePoint)" }
}
