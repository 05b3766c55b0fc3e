import Foundation
package import Postgres
import Synchronization
import Testing

/// A database of one test's own: a copy of a migrated template, dropped when the test is over.
///
///     @Test(.freshDatabase(try GatewayMigrations.list, as: .gateway)) func `keeps a reading`() async throws {
///         let database = FreshDatabase.current.database
///
/// Reaches the server by TEST_DATABASE_URL (a superuser of a cluster that may be thrown away); without it the test is reported skipped.
package final class FreshDatabase: Sendable {
    /// Who a test connects as; all but the superuser have only the rights that deploy/postgres and the migrations give.
    package enum Role: String, Sendable, CaseIterable {
        case superuser
        case owner = "voltbus_owner"
        case gateway, accounts, billing, reporting, backup
    }

    @TaskLocal private static var bound: FreshDatabase?
    /// Whether the next database is provided while no other test has one.
    @TaskLocal static var isAlone = false

    /// The database of the test that is running.
    package static var current: FreshDatabase {
        guard let bound else { preconditionFailure("The test lacks the trait .freshDatabase") }
        return bound
    }

    package let name: String
    private let role: Role
    private let open = Mutex<[Role: Database]>([:])
    /// A test with a service holds a dozen connections, and the server has four hundred.
    private static let places = Places(20)

    fileprivate init(name: String, role: Role) {
        self.name = name
        self.role = role
    }

    /// As the role that the trait names.
    package var database: Database {
        get throws { try database(as: role) }
    }

    package func database(as role: Role) throws -> Database {
        try open.withLock { open in
            if let database = open[role] { return database }
            let database = try Database(settings(as: role), on: TestLoops.shared)
            open[role] = database
            return database
        }
    }

    /// For a test that opens the database with settings of its own.
    package func settings(as role: Role? = nil, poolSize: Int = 2) throws -> DatabaseSettings {
        var settings = DatabaseSettings(url: try DatabaseServer.url(), name: "test", poolSize: poolSize)
        settings.overrides = DatabaseServer.overrides(database: name, role: role ?? self.role)
        return settings
    }

    /// For a program that reads DATABASE_URL.
    package func url(as role: Role? = nil) throws -> String {
        DatabaseServer.url(try DatabaseServer.url(), database: name, role: role ?? self.role)
    }

    fileprivate func close() async {
        let databases = open.withLock { open in
            defer { open = [:] }
            return Array(open.values)
        }
        for database in databases { await database.close() }
    }

    /// `provideScope` of the trait: makes the copy, binds it, drops it whatever the test did.
    static func provide(
        from lists: [MigrationList], as role: Role, _ body: @Sendable () async throws -> Void
    ) async throws {
        // Who held one place and waited for the next would wait for ever behind a test that wants all of them.
        try #require(bound == nil, "a test asks for a second database; see NearestTrait")
        let wanted = isAlone ? places.count : 1
        await places.take(wanted)
        defer { places.giveBack(wanted) }
        let fresh = FreshDatabase(name: try await DatabaseServer.shared().copyTemplate(of: lists), role: role)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await $bound.withValue(fresh) { try await body() }) } catch {
            outcome = .failure(error)
        }
        await fresh.close()
        try await DatabaseServer.shared().drop(fresh.name)
        try outcome.get()
    }
}
