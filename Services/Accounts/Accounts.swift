import Contracts
import HTTP
package import Hosting
package import Lifecycle

/// Owns people and what they configured, and serves the client-facing API.
package final class Accounts: Sendable {
    package let host: Host
    let settings: AccountsSettings

    package init(_ host: Host, _ settings: AccountsSettings) {
        self.host = host
        self.settings = settings
    }

    /// The whole process, put together.
    package static func assemble(_ settings: AccountsSettings, _ readiness: Readiness) throws -> Assembly {
        let accounts = Accounts(try Host(.accounts, settings.host, readiness: readiness), settings)
        return accounts.assembly
    }

    package var assembly: Assembly {
        host.assembly(serving: routes, parts: [host.jobs([])])
    }
}
