import BillingService
import Lifecycle
import Settings

@main enum BillingMain {
    static func main() async {
        await Program.serve(
            "billing", about: "prices, ledger, payments, invoices", help: BillingSettings.catalogue.helpText
        ) { launch in
            try Billing.assemble(BillingSettings(environment: launch.environment), launch.readiness)
        }
    }
}
