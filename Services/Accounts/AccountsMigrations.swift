package import Postgres

/// The history of schema `accounts`, compiled in; `migrate` applies it.
package enum AccountsMigrations {
    package static var list: MigrationList {
        get throws {
            try MigrationList(
                schema: "accounts",
                [
                    "v0001_foundation": PackageResources.v0001_foundation_sql,
                    "v0002_sites": PackageResources.v0002_sites_sql,
                    "v0003_people": PackageResources.v0003_people_sql,
                    "v0004_live": PackageResources.v0004_live_sql,
                    "v0005_streams": PackageResources.v0005_streams_sql,
                    "v0006_bookings": PackageResources.v0006_bookings_sql,
                    "v0007_reservations": PackageResources.v0007_reservations_sql,
                    "v0008_codes": PackageResources.v0008_codes_sql,
                    "v0009_meeting_words": PackageResources.v0009_meeting_words_sql,
                    "v0010_pictures": PackageResources.v0010_pictures_sql,
                    "v0011_back_log": PackageResources.v0011_back_log_sql,
                    "v0012_start_tokens": PackageResources.v0012_start_tokens_sql,
                    "v0013_refused_starts": PackageResources.v0013_refused_starts_sql,
                    "v0014_search": PackageResources.v0014_search_sql,
                    "v0015_told_stations": PackageResources.v0015_told_stations_sql,
                ])
        }
    }
}
