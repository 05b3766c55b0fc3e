import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// One act, as the contract shows it (4.11).
struct AuditBody: Codable, Equatable, Sendable, Row {
    var id: Int64
    /// Nil: the suite itself.
    @OrNull var user_id: Int64?
    var action: String
    var details: JSONValue
    @OrNull var ip_address: String?
    @OrNull var request_id: String?
    var created_at: Date

    static let columns = "id, user_id, action, details, ip_address, request_id, created_at"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        _user_id = OrNull(wrappedValue: try cells.next())
        action = try cells.next()
        details = try JSONReader.decode(JSONValue.self, from: cells.next(JSONB.self).bytes)
        _ip_address = OrNull(wrappedValue: try cells.next())
        _request_id = OrNull(wrappedValue: try cells.next())
        created_at = try cells.next()
    }
}

struct AuditPath: Codable, Sendable {
    var id: ID<AuditBody>
}

struct AuditQuery: Codable, Sendable, PageParameters {
    var action: Text<1, 60>?
    var user_id: Int64?
    var from: String?
    var to: String?
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
}

/// Which acts are asked for.
struct AuditFilter: Sendable {
    /// Nil: everybody's.
    var user: Int64?
    var action: String?
    var from: Date?
    var to: Date?
    var id: Int64?

    fileprivate var condition: SQL {
        var conditions: [SQL] = []
        if let user { conditions.append("user_id = \(user)") }
        if let action { conditions.append("action = \(action)") }
        if let from { conditions.append("created_at >= \(from)") }
        if let to { conditions.append("created_at < \(to)") }
        if let id { conditions.append("id = \(id)") }
        return conditions.joined(by: " AND ", otherwise: "true")
    }

    /// What each service has, as its part of the whole.
    fileprivate func union(_ part: (SQL) -> SQL) -> SQL {
        let views: [SQL] = [
            "accounts_view.audit_entry", "billing_view.audit_entry", "gateway_view.audit_entry",
            "reporting_view.audit_entry",
        ]
        return views.map { "(" + part($0) + ")" }.joined(by: " UNION ALL ", otherwise: .nothing)
    }
}

extension Query where Result == [AuditBody] {
    /// Numbers of different services are in no order, so time decides. No part has to show more than the whole.
    static func audit(_ filter: AuditFilter, cut: Cut) -> Self {
        let parts = filter.union { view in
            """
            SELECT \(columns: AuditBody.self)
            FROM \(view)
            WHERE \(filter.condition)
            ORDER BY created_at \(cut.direction), id \(cut.direction)
            LIMIT \(cut.offset + cut.limit)
            """
        }
        return """
            SELECT \(columns: AuditBody.self)
            FROM (\(parts)) AS entry
            ORDER BY created_at \(cut.direction), id \(cut.direction)
            LIMIT \(cut.limit)
            OFFSET \(cut.offset)
            """
    }
}

extension Query where Result == Int64 {
    static func countAudit(_ filter: AuditFilter) -> Self {
        let parts = filter.union { "SELECT count(*) AS entries FROM \($0) WHERE \(filter.condition)" }
        return "SELECT sum(entries)::bigint FROM (\(parts)) AS entry"
    }
}

extension Query where Result == AuditBody? {
    static func auditEntry(_ filter: AuditFilter) -> Self {
        let parts = filter.union { "SELECT \(columns: AuditBody.self) FROM \($0) WHERE \(filter.condition)" }
        return "SELECT \(columns: AuditBody.self) FROM (\(parts)) AS entry LIMIT 1"
    }
}

extension Reporting {
    @RouteTable var auditRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/auditLogs", listAudit).failing("Failed to get audit log")
            .summary("Who did what, newest first").needs(.user)
        Route(.get, "/api/v1/auditLogs/:id", showAudit).failing("Failed to get audit log")
            .summary("One act").needs(.user)
    }

    func listAudit(_ call: Call<None, AuditQuery, None>) async throws -> PagedList<AuditBody> {
        let (query, caller, database) = (call.query, call.identified, host.database)
        guard caller.isAdmin || query.user_id == nil || query.user_id == caller.user else {
            throw ReportingRefusal.foreignEntries
        }
        let filter = AuditFilter(
            user: caller.isAdmin ? query.user_id : caller.user, action: query.action?.text,
            from: try ReportRange.begin(of: query.from), to: try ReportRange.end(of: query.to))
        return try await PagedList(query) {
            Int(try await database.run(.countAudit(filter)))
        } rows: { cut in
            try await database.run(.audit(filter, cut: cut))
        }
    }

    func showAudit(_ call: Call<AuditPath, None, None>) async throws -> OK<AuditBody> {
        let caller = call.identified
        let filter = AuditFilter(user: caller.isAdmin ? nil : caller.user, id: call.path.id.number)
        guard let entry = try await host.database.run(.auditEntry(filter)) else {
            throw ReportingRefusal.noSuchEntry
        }
        return OK(entry)
    }
}
