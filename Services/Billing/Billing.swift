import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
package import Hosting
import Jobs
package import Lifecycle
import Mail
import Postgres
import Telemetry

/// Owns prices, ledger, payments and invoices.
package final class Billing: Sendable {
    package let host: Host
    let settings: BillingSettings
    let press: InvoicePress
    /// Issues one invoice at a time: those that wait for the next number wait here.
    let invoiceDesk = Turnstile()
    /// Prints one invoice at a time.
    let printer = Turnstile()
    let provider: any PaymentProvider
    let figures: BillingFigures
    let mail: MailQueue

    /// Throws: `CryptoFailure` when no keys can be made of SECRET_KEY, `BadRedsysKey`.
    package init(_ host: Host, _ settings: BillingSettings) throws {
        self.host = host
        self.settings = settings
        press = InvoicePress()
        figures = BillingFigures(host.metrics)
        mail = MailQueue(
            of: Service.billing.schema, settings.mail, in: host.database, loop: host.nextLoop(),
            clock: host.clock, log: host.log)
        switch settings.payments.provider {
        case .sandbox: provider = try Sandbox(settings)
        case .redsys:
            provider = try Redsys(settings.payments.redsys, currency: settings.payments.currencyNumber)
        }
    }

    /// The whole process, put together.
    package static func assemble(_ settings: BillingSettings, _ readiness: Readiness) throws -> Assembly {
        let billing = try Billing(try Host(.billing, settings.host, readiness: readiness), settings)
        return billing.assembly
    }

    package var assembly: Assembly {
        let desk = HoldDesk(self)
        var parts = [
            host.firstStart { [self] in try await firstStart() },
            SessionIntake(self).part,
            ParkingIntake(self).part, desk.desk, desk.local,
            host.task("mail") { [mail] in await mail.run() },
        ]
        var jobs = [paymentRun, followUpInvoices, invoiceDocuments, forgottenCommands]
        if settings.stopsAtEmptyBalance {
            let watch = BalanceWatch(self)
            parts.append(watch.part)
            jobs.append(Job("balances", .every(seconds: 60)) { _ in ["stopped": try await watch.checkAll()] })
        }
        return host.assembly(serving: routes, parts: parts + [host.jobs(jobs)])
    }

    private var paymentRun: Job {
        Job("payment run", .every(seconds: settings.payments.runEvery)) { [self] _ in
            try await PaymentRun(billing: self).run()
        }
    }

    private var forgottenCommands: Job {
        Job("command claims", .every(seconds: 3_600)) { [self] _ in
            let limit = host.clock.now - 86_400
            return [
                "forgotten": try await host.database.run(.forgetCommandClaims(of: .billing, before: limit))
                    .count
            ]
        }
    }

    private var followUpInvoices: Job {
        Job("follow-up invoices", .every(seconds: 60)) { [self] _ in
            ["issued": try await FollowUpInvoices(billing: self).run()]
        }
    }

    private var invoiceDocuments: Job {
        Job("invoice documents", .every(seconds: 60)) { [self] _ in
            ["printed": try await PrintInvoice(billing: self).runAll()]
        }
    }

    /// Plan `default` exists from the first start on.
    private func firstStart() async throws {
        try await host.database.run(
            .offerDefaultPlan(perKWh: settings.defaultPricePerKWh, perHour: settings.defaultPricePerHour))
    }
}
