import Contracts
import HTTP
package import Hosting
package import Lifecycle

/// Owns rollups, documents, exports and schedules.
package final class Reporting: Sendable {
    package let host: Host
    let settings: ReportingSettings

    package init(_ host: Host, _ settings: ReportingSettings) {
        self.host = host
        self.settings = settings
    }

    /// The whole process, put together.
    package static func assemble(_ settings: ReportingSettings, _ readiness: Readiness) throws -> Assembly {
        let reporting = Reporting(try Host(.reporting, settings.host, readiness: readiness), settings)
        return reporting.assembly
    }

    package var assembly: Assembly {
        host.assembly(serving: routes, parts: RollupIntake(host: host).parts + [host.jobs([])])
    }
}
