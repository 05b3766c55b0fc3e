/// One step of a schema's history: a file `v0007_what_changed.sql`, compiled into the binary, never edited once merged.
package struct Migration: Sendable {
    package let version: Int
    package let name: String
    package let text: String

    /// - Parameters:
    ///   - file: the file's name without its ending.
    ///   - bytes: its content, as `.embedInCode` hands it over.
    package init(_ file: String, _ bytes: [UInt8]) throws(DatabaseError) {
        guard let number = file.wholeMatch(of: /v(\d{4})_[a-z0-9_]+/), let version = Int(number.1),
            version > 0
        else {
            throw DatabaseError(.migration, "A migration is named v0001_what_changed, not \(file).")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DatabaseError(.migration, "\(file) is not UTF-8.")
        }
        self.version = version
        name = file
        self.text = text
    }
}

/// The whole history of one service's schema, in order and without gaps.
package struct MigrationList: Sendable {
    /// The schema, which is also the service's name.
    package let schema: StaticString
    package let migrations: [Migration]

    package var service: String { "\(schema)" }

    /// - Parameter files: name without ending and content of each, such as
    ///   `["v0001_stations": PackageResources.v0001_stations_sql]`, in order.
    package init(schema: StaticString, _ files: KeyValuePairs<String, [UInt8]>) throws(DatabaseError) {
        var migrations: [Migration] = []
        for (name, bytes) in files { migrations.append(try Migration(name, bytes)) }
        try self.init(schema: schema, migrations)
    }

    package init(schema: StaticString, _ migrations: [Migration]) throws(DatabaseError) {
        for (index, migration) in migrations.enumerated() where migration.version != index + 1 {
            let expected = String(index + 1)
            throw DatabaseError(
                .migration,
                "\(schema): \(migration.name) stands where number \(expected) belongs.")
        }
        self.schema = schema
        self.migrations = migrations
    }
}
