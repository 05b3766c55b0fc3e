import Foundation
package import Postgres
package import Testing

/// The migrations of all four services, read from the source tree: a service is tested against the views that the others
/// really publish, without importing them.
package enum SuiteMigrations {
    package static var lists: [MigrationList] {
        get throws {
            [
                try list("accounts", in: "Accounts"), try list("billing", in: "Billing"),
                try list("gateway", in: "Gateway"), try list("reporting", in: "Reporting"),
            ]
        }
    }

    private static let services = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Services")

    private static func list(_ schema: StaticString, in folder: String) throws -> MigrationList {
        let folder = services.appending(path: folder).appending(path: "Migrations")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path())
            .filter { $0.hasSuffix(".sql") }.map { String($0.dropLast(4)) }.sorted()
        let migrations = try names.map { name in
            let bytes = try Data(contentsOf: folder.appending(path: "\(name).sql"))
            return try Migration(name, Array(bytes))
        }
        return try MigrationList(schema: schema, migrations)
    }
}

extension Trait where Self == FreshDatabaseTrait {
    /// A database with everything that all four services have migrated; the test connects as `role`.
    package static func suite(as role: FreshDatabase.Role) -> Self {
        .freshDatabase(try SuiteMigrations.lists, as: role)
    }
}
