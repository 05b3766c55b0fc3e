import Postgres
import Sockets
import Synchronization
import TestSupport
import Testing

@Suite(.freshDatabase) struct `Migrating` {
    private static let first = Array(
        "CREATE TABLE gateway.station (id bigint PRIMARY KEY);\nCREATE VIEW gateway_view.station AS SELECT id FROM gateway.station;\nGRANT SELECT ON gateway_view.station TO accounts;"
            .utf8)
    private static let second = Array("ALTER TABLE gateway.station ADD COLUMN name text;".utf8)

    private func list(_ second: [UInt8] = Self.second) throws -> MigrationList {
        try MigrationList(schema: "gateway", ["v0001_stations": Self.first, "v0002_names": second])
    }

    @Test func `applies what is missing, once`() async throws {
        let database = try FreshDatabase.current.database
        let early = try MigrationList(schema: "gateway", ["v0001_stations": Self.first])
        #expect(try await MigrationRunner(database, [early]).up() == 1)
        #expect(try await MigrationRunner(database, [list()]).status().map(\.state) == [.applied, .pending])
        await #expect(throws: DatabaseError.self) { try await MigrationRunner(database, [list()]).verify() }
        #expect(try await MigrationRunner(database, [list()]).up() == 1)
        #expect(try await MigrationRunner(database, [list()]).up() == 0)
        try await MigrationRunner(database, [list()]).verify()
    }

    @Test func `refuses a file that was changed after it was applied`() async throws {
        let database = try FreshDatabase.current.database
        try await MigrationRunner(database, [list()]).up()
        let changed = try list(Self.second + Array(" -- a word".utf8))
        #expect(try await MigrationRunner(database, [changed]).status().map(\.state) == [.applied, .changed])
        let error = await #expect(throws: DatabaseError.self) {
            try await MigrationRunner(database, [changed]).up()
        }
        #expect(
            error?.message == "gateway: v0002_names was changed after it was applied; add a new one instead.")
    }

    @Test func `refuses a database that is newer than the build`() async throws {
        let database = try FreshDatabase.current.database
        try await MigrationRunner(database, [list()]).up()
        let old = try MigrationList(schema: "gateway", ["v0001_stations": Self.first])
        await #expect(throws: DatabaseError.self) { try await MigrationRunner(database, [old]).up() }
    }

    @Test func `takes a failed one back and names the line`() async throws {
        let database = try FreshDatabase.current.database
        let broken = try list(Array("CREATE TABLE gateway.half (id bigint);\nSELECT nonsense;".utf8))
        let error = await #expect(throws: DatabaseError.self) {
            try await MigrationRunner(database, [broken]).up()
        }
        #expect(error?.message.contains("v0002_names failed and was taken back") == true)
        #expect(error?.message.contains("(line 2)") == true)
        let half: Bool = try await database.run("SELECT to_regclass('gateway.half') IS NULL")
        #expect(half)
        #expect(try await MigrationRunner(database, [broken]).status().map(\.state) == [.applied, .pending])
    }

    @Test func `refuses one that ends its own transaction`() async throws {
        let database = try FreshDatabase.current.database
        let escaping = try list(Array("COMMIT; CREATE TABLE gateway.escaped (id bigint);".utf8))
        await #expect(throws: DatabaseError.self) { try await MigrationRunner(database, [escaping]).up() }
    }

    @Test func `is done by one of two that start together`() async throws {
        let database = try FreshDatabase.current.database
        async let one = MigrationRunner(database, [list()]).up()
        async let other = MigrationRunner(try FreshDatabase.current.database(as: .owner), [list()]).up()
        #expect(try await one + other == 2)
    }

    @Test func `gives the roles what they need and no more`() async throws {
        try await MigrationRunner(try FreshDatabase.current.database, [list()]).up()
        let gateway = try FreshDatabase.current.database(as: .gateway)
        try await gateway.run("INSERT INTO gateway.station (id) VALUES (1)")
        let seen: [Int64] = try await FreshDatabase.current.database(as: .accounts).run(
            "SELECT id FROM gateway_view.station")
        #expect(seen == [1])

        let delete = await #expect(throws: DatabaseError.self) {
            try await gateway.run("DELETE FROM gateway.station")
        }
        #expect(delete?.state == .insufficientPrivilege)
        let foreign = await #expect(throws: DatabaseError.self) {
            try await FreshDatabase.current.database(as: .billing).run("SELECT id FROM gateway_view.station")
        }
        #expect(foreign?.state == .insufficientPrivilege)
        let history = await #expect(throws: DatabaseError.self) {
            try await gateway.run("UPDATE gateway.migration SET name = ''")
        }
        #expect(history?.state == .insufficientPrivilege)
        let create = await #expect(throws: DatabaseError.self) {
            try await gateway.run("CREATE TABLE gateway.own (id bigint)")
        }
        #expect(create?.state == .insufficientPrivilege)
    }

    @Test func `is told by the command line`() async throws {
        let database = try FreshDatabase.current.database
        let lines = Lines()
        let lists = [try list()]
        for verb in ["up", "status", "verify", "stats"] {
            let command = try #require(MigrateCommand([verb]))
            #expect(await command.run(on: database, lists) { lines.add($0) } == .done)
        }
        #expect(lines.all.contains { $0.hasPrefix("gateway v0001_stations applied 20") })
        #expect(lines.all.contains { $0.hasPrefix("gateway.station rows≈") })
        #expect(
            MigrateCommand(["down"]) == nil && MigrateCommand([]) == nil
                && MigrateCommand(["up", "now"]) == nil)
    }
}

/// What a command printed.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock(\.self) }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite struct `A migration list` {
    @Test(arguments: [
        "1_stations", "v1_stations", "v0001", "v0001-stations", "v0001_Stations", "v0000_nothing",
    ])
    func `refuses names that say too little`(name: String) {
        #expect(throws: DatabaseError.self) { try Migration(name, []) }
    }

    @Test func `has no gaps`() {
        #expect(throws: DatabaseError.self) {
            try MigrationList(schema: "gateway", ["v0001_a": [], "v0003_c": []])
        }
    }
}
