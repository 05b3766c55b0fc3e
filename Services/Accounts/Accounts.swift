import Bus
import Contracts
import Crypto
import HTTP
package import Hosting
package import Lifecycle
import Settings

/// Owns people and what they configured, and serves the client-facing API.
package final class Accounts: Sendable {
    package let host: Host
    let settings: AccountsSettings
    let commands: CommandSender
    let connectionPasswords: ConnectionPasswords

    /// Throws: `CryptoFailure` when no keys can be made of SECRET_KEY.
    package init(_ host: Host, _ settings: AccountsSettings) throws {
        self.host = host
        self.settings = settings
        commands = CommandSender(on: host.bus)
        let keys = try settings.secretKey.reveal { try KeyRing(secretKey: $0) }
        connectionPasswords = try ConnectionPasswords(keys)
    }

    /// The whole process, put together.
    package static func assemble(_ settings: AccountsSettings, _ readiness: Readiness) throws -> Assembly {
        let accounts = try Accounts(try Host(.accounts, settings.host, readiness: readiness), settings)
        return accounts.assembly
    }

    package var assembly: Assembly {
        host.assembly(serving: routes, parts: [host.jobs([])])
    }
}
