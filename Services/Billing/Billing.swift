import Contracts
import FoundationEssentials
import HTTP
package import Hosting
import Jobs
package import Lifecycle
import Postgres
import Telemetry

/// Owns prices, ledger, payments and invoices.
package final class Billing: Sendable {
    package let host: Host
    let settings: BillingSettings
    let press: InvoicePress
    /// Issues one invoice at a time: those that wait for the next number wait here.
    let invoiceDesk = Turnstile()

    package init(_ host: Host, _ settings: BillingSettings) {
        self.host = host
        self.settings = settings
        press = InvoicePress()
    }

    /// The whole process, put together.
    package static func assemble(_ settings: BillingSettings, _ readiness: Readiness) throws -> Assembly {
        let billing = Billing(try Host(.billing, settings.host, readiness: readiness), settings)
        return billing.assembly
    }

    package var assembly: Assembly {
        var parts = [
            host.firstStart { [self] in try await firstStart() },
            SessionIntake(self).part,
        ]
        var jobs: [Job] = []
        if settings.stopsAtEmptyBalance {
            let watch = BalanceWatch(self)
            parts.append(watch.part)
            jobs.append(Job("balances", .every(seconds: 60)) { _ in ["stopped": try await watch.checkAll()] })
        }
        return host.assembly(serving: routes, parts: parts + [host.jobs(jobs)])
    }

    /// Plan `default` exists from the first start on.
    private func firstStart() async throws {
        try await host.database.run(
            .offerDefaultPlan(perKWh: settings.defaultPricePerKWh, perHour: settings.defaultPricePerHour))
    }
}
