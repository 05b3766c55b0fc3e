import Bus
import Contracts
import Core
package import Crypto
import Documents
import FoundationEssentials
import HTTP
package import Hosting
package import Lifecycle
import Mail
import Outbound
import Postgres
import Settings

/// Owns people and what they configured, and serves the client-facing API.
package final class Accounts: Sendable {
    package let host: Host
    let settings: AccountsSettings
    let commands: CommandSender
    let presence: PresenceBoard
    let connectionPasswords: ConnectionPasswords
    let hasher: PasswordHasher
    let signer: TokenSigner
    let box: SecretBox
    let codes: CodeDigests
    let mail: MailQueue
    let outbound = Outbound()
    let pictures = PicturePress()
    let docs = DocsPage()
    let packing = BlockingGate.threads(name: "exports", width: 1, capacity: 16)

    /// - Parameter hasher: tests take one of less cost.
    ///
    /// Throws: `CryptoFailure` when no keys can be made of SECRET_KEY or of JWT_PRIVATE_KEY_FILE.
    package init(
        _ host: Host, _ settings: AccountsSettings, hasher: PasswordHasher = PasswordHasher()
    ) throws {
        self.host = host
        self.settings = settings
        self.hasher = hasher
        commands = CommandSender(on: host.bus)
        presence = PresenceBoard(host.redis)
        let keys = try settings.secretKey.reveal { try KeyRing(secretKey: $0) }
        connectionPasswords = try ConnectionPasswords(keys)
        let configured = try settings.tokens.signingKey?.reveal { try SigningKey(pem: $0) }
        box = try SecretBox(keys)
        codes = try CodeDigests(keys)
        signer = TokenSigner(host.database, box, configured: configured)
        mail = MailQueue(
            of: Service.accounts.schema, settings.mail, in: host.database, loop: host.nextLoop(),
            clock: host.clock,
            log: host.log)
    }

    /// The whole process, put together.
    package static func assemble(_ settings: AccountsSettings, _ readiness: Readiness) throws -> Assembly {
        let accounts = try Accounts(try Host(.accounts, settings.host, readiness: readiness), settings)
        return accounts.assembly
    }

    package var assembly: Assembly {
        let first = FirstStart(accounts: self)
        let hub = LiveHub(host, patience: settings.limits.startTimeout)
        let door = LiveDoor(accounts: self, hub: hub)
        return host.assembly(
            serving: routes, upgrading: { try await door.decide($0) }, limits: settings.limits.byClass,
            parts: [
                hub.part,
                host.firstStart { try await first.run() },
                ReportedIntake(host: host).part,
                LotWatch(accounts: self).part,
                LoginUse(host: host, deviceIdle: settings.tokens.deviceTokenIdle).part,
                reservationUse,
                host.jobs([tokenCleanUp, reservationTending, meetingTending, connectorTelling]),
                host.task("mail") { [mail] in await mail.run() },
            ] + NewsIntake(host: host, mail: mail).parts)
    }
}
