import Contracts
import HTTP
package import Hosting
package import Lifecycle
import Mail
import Sockets

/// Owns rollups, documents, exports and schedules.
package final class Reporting: Sendable {
    package let host: Host
    let settings: ReportingSettings
    let mail: MailQueue
    /// Rung when an export is asked for.
    let exportBell: Doorbell
    let backups: MakeBackups
    let documents: MakeDocuments

    package init(_ host: Host, _ settings: ReportingSettings) {
        self.host = host
        self.settings = settings
        exportBell = Doorbell(on: host.nextLoop())
        mail = MailQueue(
            of: Service.reporting.schema, settings.mail, in: host.database, loop: host.nextLoop(),
            clock: host.clock,
            log: host.log)
        backups = MakeBackups(host, settings.backup)
        documents = MakeDocuments(host, settings, mail)
    }

    /// The whole process, put together.
    package static func assemble(_ settings: ReportingSettings, _ readiness: Readiness) throws -> Assembly {
        let reporting = Reporting(try Host(.reporting, settings.host, readiness: readiness), settings)
        return reporting.assembly
    }

    package var assembly: Assembly {
        host.assembly(
            serving: routes,
            parts: RollupIntake(host: host).parts + [
                host.task("mail") { [mail] in await mail.run() },
                host.task("exports") { [self] in await makeExports() },
                host.task("backups") { [backups] in await backups.run() },
                host.task("documents") { [documents] in await documents.run() }, host.jobs(jobs),
            ])
    }
}
