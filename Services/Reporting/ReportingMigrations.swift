package import Postgres

/// The history of schema `reporting`, compiled in; `migrate` applies it.
package enum ReportingMigrations {
    package static var list: MigrationList {
        get throws {
            try MigrationList(
                schema: "reporting",
                [
                    "v0001_foundation": PackageResources.v0001_foundation_sql,
                    "v0002_rollups": PackageResources.v0002_rollups_sql,
                    "v0003_flows": PackageResources.v0003_flows_sql,
                    "v0004_back_log": PackageResources.v0004_back_log_sql,
                    "v0005_mail": PackageResources.v0005_mail_sql,
                    "v0006_exports": PackageResources.v0006_exports_sql,
                    "v0007_backup": PackageResources.v0007_backup_sql,
                    "v0008_documents": PackageResources.v0008_documents_sql,
                    "v0009_attempts": PackageResources.v0009_attempts_sql,
                    "v0010_wider_sums": PackageResources.v0010_wider_sums_sql,
                ])
        }
    }
}
