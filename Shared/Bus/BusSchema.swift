package import Contracts
import FoundationEssentials

/// The SQL that services take into their migrations. The files of `SQL/` are the text to copy, because a migration must
/// never change once it has been applied; here they are for tests, which compare and apply them.
package enum BusSchema {
    package static func eventLog(of service: Service) -> String {
        text(PackageResources.event_log_sql, service)
    }

    package static func eventCursor(of service: Service) -> String {
        text(PackageResources.event_cursor_sql, service)
    }

    package static func commandClaim(of service: Service) -> String {
        text(PackageResources.command_claim_sql, service)
    }

    private static func text(_ bytes: [UInt8], _ service: Service) -> String {
        String(decoding: bytes, as: UTF8.self).replacing("SERVICE", with: service.rawValue)
    }
}

extension Service {
    /// As a piece of SQL. Statements may only be put together from literals of the source.
    var schema: StaticString {
        switch self {
        case .gateway: "gateway"
        case .accounts: "accounts"
        case .billing: "billing"
        case .reporting: "reporting"
        }
    }

    var viewSchema: StaticString {
        switch self {
        case .gateway: "gateway_view"
        case .accounts: "accounts_view"
        case .billing: "billing_view"
        case .reporting: "reporting_view"
        }
    }
}
