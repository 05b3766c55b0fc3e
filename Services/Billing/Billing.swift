import Contracts
import HTTP
package import Hosting
package import Lifecycle

/// Owns prices, ledger, payments and invoices.
package final class Billing: Sendable {
    package let host: Host
    let settings: BillingSettings

    package init(_ host: Host, _ settings: BillingSettings) {
        self.host = host
        self.settings = settings
    }

    /// The whole process, put together.
    package static func assemble(_ settings: BillingSettings, _ readiness: Readiness) throws -> Assembly {
        let billing = Billing(try Host(.billing, settings.host, readiness: readiness), settings)
        return billing.assembly
    }

    package var assembly: Assembly {
        host.assembly(serving: routes, parts: [host.jobs([])])
    }
}
