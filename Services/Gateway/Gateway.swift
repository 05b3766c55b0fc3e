import Contracts
import HTTP
package import Hosting
package import Lifecycle

/// Speaks OCPP with charge points and owns what they report: sessions, readings, states.
package final class Gateway: Sendable {
    package let host: Host
    let settings: GatewaySettings

    package init(_ host: Host, _ settings: GatewaySettings) {
        self.host = host
        self.settings = settings
    }

    /// The whole process, put together.
    package static func assemble(_ settings: GatewaySettings, _ readiness: Readiness) throws -> Assembly {
        let gateway = Gateway(try Host(.gateway, settings.host, readiness: readiness), settings)
        return gateway.assembly
    }

    package var assembly: Assembly {
        host.assembly(serving: routes, parts: [host.jobs([])])
    }
}
