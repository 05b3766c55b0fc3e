package import Contracts
package import Core
package import FoundationEssentials
package import HTTP
package import Postgres

/// One act that changed rights, money or configuration, written in the transaction of the act. `details` never holds a
/// password, a token or a code.
package struct AuditEntry: Sendable {
    package var user: Int64?
    /// A word of the contract's list, such as `UPDATE_USER`.
    package var action: String
    package var details: JSONValue
    package var address: String?
    package var request: String?

    package init(
        _ action: String, by user: Int64?, _ details: JSONValue = [:], from request: Request? = nil
    ) {
        self.action = action
        self.user = user
        self.details = details
        address = request?.client
        self.request = request?.id
    }
}

extension Query where Result == Void {
    package static func record(_ entry: AuditEntry, in service: Service, at now: Date) -> Self {
        """
        INSERT INTO \(raw: service.schema).audit_entry (user_id, action, details, ip_address, request_id, created_at)
        VALUES (\(entry.user as Int64?), \(entry.action), \(json: entry.details), \(entry.address as String?), \(entry.request as String?), \(now))
        """
    }
}
