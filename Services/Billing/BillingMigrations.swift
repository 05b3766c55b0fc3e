package import Postgres

/// The history of schema `billing`, compiled in; `migrate` applies it.
package enum BillingMigrations {
    package static var list: MigrationList {
        get throws {
            try MigrationList(
                schema: "billing",
                [
                    "v0001_foundation": PackageResources.v0001_foundation_sql,
                    "v0002_plans": PackageResources.v0002_plans_sql,
                    "v0003_ledger": PackageResources.v0003_ledger_sql,
                    "v0004_stays": PackageResources.v0004_stays_sql,
                    "v0005_payments": PackageResources.v0005_payments_sql,
                    "v0006_payouts": PackageResources.v0006_payouts_sql,
                    "v0007_invoices": PackageResources.v0007_invoices_sql,
                    "v0008_mail": PackageResources.v0008_mail_sql,
                    "v0009_personal_copy": PackageResources.v0009_personal_copy_sql,
                    "v0010_logs": PackageResources.v0010_logs_sql,
                    "v0011_invoice_documents": PackageResources.v0011_invoice_documents_sql,
                    "v0012_invoice_list": PackageResources.v0012_invoice_list_sql,
                    "v0013_host_shares": PackageResources.v0013_host_shares_sql,
                    "v0014_payment_pauses": PackageResources.v0014_payment_pauses_sql,
                    "v0015_card_holds": PackageResources.v0015_card_holds_sql,
                ])
        }
    }
}
