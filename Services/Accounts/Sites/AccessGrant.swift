import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Sites

/// Somebody whom a host lets use a private point (api.md 4.4).
struct AccessGrantBody: Codable, Equatable, Sendable {
    var id: Int64
    var charge_point_id: String
    var user_id: Int64
    var username: String
    var granted_by: Int64
    var created_at: Date
    @OrNull var expires_at: Date?
}

struct AccessGrantInput: Codable, Sendable {
    var charge_point_id: Text<1, 48>
    /// One of the two.
    @OrNull var username: String?
    @OrNull var user_id: Int64?
    @OrNull var expires_at: Date?
}

struct AccessGrantQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var charge_point_id: String?
}

enum AccessGrant {}
typealias AccessGrantPath = ByID<AccessGrant>

extension Accounts {
    @RouteTable var accessRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/points/access", listGrants).failing("Failed to get access")
            .summary("Who may use the caller's charge points").needs(.user)
        Route(.post, "/api/v1/points/access", grant).failing("Failed to grant access")
            .summary("Let somebody use a private charge point").needs(.user)
        Route(.delete, "/api/v1/points/access/:id", revokeGrant).failing("Failed to revoke access")
            .summary("Take that back").needs(.user)
    }

    func listGrants(_ call: Call<None, AccessGrantQuery, None>) async throws -> PagedList<AccessGrantBody> {
        let (database, caller) = (host.database, call.identified)
        let owner: Int64? = caller.isPower ? nil : caller.user
        if let owner, try await database.run(.countPoints(ofOwner: owner)) == 0 { throw SiteRefusal.notYours }
        let filter = AccessGrantFilter(owner: owner, point: call.query.charge_point_id)
        return try await PagedList(call.query) {
            Int(try await database.run(.countGrants(filter)))
        } rows: { cut in
            try await database.run(.grants(filter, cut))
        }
    }

    func grant(_ call: Call<None, None, AccessGrantInput>) async throws -> Created<AccessGrantBody> {
        let (host, caller, request, body) = (host, call.identified, call.request, call.body)
        let point = try await ownChargePointRow(body.charge_point_id.text, for: Viewer(caller))
        let guest = try await guest(body)
        var mistakes = Mistakes()
        if point.owner == guest.id.number { mistakes.add("username", "owns the charge point") }
        if let end = body.expires_at, end <= host.clock.now { mistakes.add("expires_at", "is over") }
        try mistakes.check()
        let (id, event) = try await host.database.transaction { transaction in
            let now = host.clock.now
            let entered = try await transaction.run(
                .grant(point.id, to: guest.id, by: ID(caller.user), until: body.expires_at, at: now))
            guard let id = entered else { throw SiteRefusal.alreadyShared }
            let event = try await transaction.tellGrant(
                "GRANT_ACCESS", to: guest.id, on: point.id, by: caller, request, at: now)
            return (id, event)
        }
        host.bus.publish(event)
        guard let made = try await host.database.run(.grant(id)) else { throw SiteRefusal.noSuchGrant }
        return Created(made)
    }

    /// Throws: `AccountsRefusal.noSuchUser`, `InvalidRequest`.
    private func guest(_ body: AccessGrantInput) async throws -> Account {
        if let id = body.user_id { return try await account(ID(id)) }
        guard let name = body.username, !name.isEmpty else {
            throw AccountsRefusal.invalid(field: "username", "or user_id is required")
        }
        guard let account = try await host.database.run(.account(.username(name))) else {
            throw AccountsRefusal.noSuchUser
        }
        return account
    }

    func revokeGrant(_ call: Call<AccessGrantPath, None, None>) async throws -> NoContent {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id.number)
        guard let known = try await host.database.run(.grant(id)),
            let point = try await host.database.run(
                .chargePoint(known.charge_point_id, for: Viewer(caller), at: host.clock.now)),
            Viewer(caller).mayRun(ofOwner: point.owner)
        else { throw SiteRefusal.noSuchGrant }
        let event = try await host.database.transaction { transaction in
            let now = host.clock.now
            guard try await transaction.run(.revokeGrant(id)).count == 1 else {
                throw SiteRefusal.noSuchGrant
            }
            return try await transaction.tellGrant(
                "REVOKE_ACCESS", to: ID(known.user_id), on: point.id, by: caller, request, at: now)
        }
        host.bus.publish(event)
        return NoContent()
    }
}

extension Transaction {
    fileprivate func tellGrant(
        _ action: String, to guest: ID<User>, on point: String, by caller: Caller, _ request: Request,
        at now: Date
    ) async throws -> RightsChanged {
        let details: JSONValue = [
            "charge_point_id": .string(point), "user_id": .integer(guest.number),
        ]
        try await run(
            .record(AuditEntry(action, by: caller.user, details, from: request), in: .accounts, at: now))
        let event = RightsChanged(of: guest, on: ChargePointID(point), at: now)
        try await run(.announce(event))
        return event
    }
}

/// Which grants are asked for.
private struct AccessGrantFilter: Sendable {
    /// Of the points; nil for all.
    var owner: Int64?
    var point: String?

    var condition: SQL {
        var condition: SQL = "point.deleted_at IS NULL AND account.deleted_at IS NULL"
        if let owner { condition = "\(condition) AND point.owner_id = \(owner)" }
        if let point { condition = "\(condition) AND share.charge_point_id = \(point)" }
        return condition
    }

    static let relations: SQL = """
        FROM accounts.access_grant AS share
        JOIN accounts.charge_point AS point ON point.charge_point_id = share.charge_point_id
        JOIN accounts.account AS account ON account.id = share.user_id
        """
}

extension AccessGrantBody: RowDecodable {
    init(_ cells: inout Cells) throws {
        id = try cells.next()
        charge_point_id = try cells.next()
        user_id = try cells.next()
        username = try cells.next()
        granted_by = try cells.next()
        created_at = try cells.next()
        _expires_at = OrNull(wrappedValue: try cells.next())
    }
}

extension Query where Result == [AccessGrantBody] {
    fileprivate static func grants(_ filter: AccessGrantFilter, _ cut: Cut) -> Self {
        """
        SELECT share.id, share.charge_point_id, share.user_id, account.username, share.granted_by, share.created_at,
            share.expires_at
        \(AccessGrantFilter.relations)
        WHERE \(filter.condition)
        ORDER BY share.id \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == AccessGrantBody? {
    fileprivate static func grant(_ id: Int64) -> Self {
        """
        SELECT share.id, share.charge_point_id, share.user_id, account.username, share.granted_by, share.created_at,
            share.expires_at
        \(AccessGrantFilter.relations)
        WHERE share.id = \(id)
        """
    }
}

extension Query where Result == Int64 {
    fileprivate static func countGrants(_ filter: AccessGrantFilter) -> Self {
        "SELECT count(*) \(AccessGrantFilter.relations) WHERE \(filter.condition)"
    }
}

extension Query where Result == Int64? {
    /// Nil when there is one that still holds; one that is over is renewed.
    fileprivate static func grant(
        _ point: String, to guest: ID<User>, by host: ID<User>, until end: Date?, at now: Date
    ) -> Self {
        """
        INSERT INTO accounts.access_grant AS known (charge_point_id, user_id, granted_by, expires_at, created_at)
        VALUES (\(point), \(guest), \(host), \(end as Date?), \(now))
        ON CONFLICT (charge_point_id, user_id) DO UPDATE
        SET granted_by = excluded.granted_by, expires_at = excluded.expires_at, created_at = excluded.created_at
        WHERE known.expires_at <= \(now)
        RETURNING id
        """
    }
}

extension Query where Result == RowCount {
    fileprivate static func revokeGrant(_ id: Int64) -> Self {
        "DELETE FROM accounts.access_grant WHERE id = \(id)"
    }
}
