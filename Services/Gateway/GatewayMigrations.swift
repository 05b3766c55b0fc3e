package import Postgres

/// The history of schema `gateway`, compiled in; `migrate` applies it.
package enum GatewayMigrations {
    package static var list: MigrationList {
        get throws {
            try MigrationList(
                schema: "gateway",
                [
                    "v0001_foundation": PackageResources.v0001_foundation_sql,
                    "v0002_stations": PackageResources.v0002_stations_sql,
                    "v0003_sessions": PackageResources.v0003_sessions_sql,
                    "v0004_stop_causes": PackageResources.v0004_stop_causes_sql,
                    "v0005_keys": PackageResources.v0005_keys_sql,
                    "v0006_counted_from": PackageResources.v0006_counted_from_sql,
                    "v0007_reviews": PackageResources.v0007_reviews_sql,
                    "v0008_certificates": PackageResources.v0008_certificates_sql,
                    "v0009_session_updates": PackageResources.v0009_session_updates_sql,
                    "v0010_lists_and_profiles": PackageResources.v0010_lists_and_profiles_sql,
                    "v0011_presence": PackageResources.v0011_presence_sql,
                    "v0012_watch": PackageResources.v0012_watch_sql,
                    "v0013_used_tokens": PackageResources.v0013_used_tokens_sql,
                    "v0014_start_signals": PackageResources.v0014_start_signals_sql,
                ])
        }
    }
}
