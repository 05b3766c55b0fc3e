import Core
package import Postgres
package import Sockets

/// The drill: restores an archive into a database that is made for it and dropped again, and compares.
package struct CheckBackup {
    private let archive: BackupArchive
    private let settings: DatabaseSettings
    private let lists: [MigrationList]
    private let loops: EventLoops
    private let report: @Sendable (String) -> Void

    /// - Parameter settings: of any database of the server, as a role that may make databases.
    package init(
        _ archive: BackupArchive, on settings: DatabaseSettings, _ lists: [MigrationList], loops: EventLoops,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.archive = archive
        self.settings = settings
        self.lists = lists
        self.loops = loops
        self.report = report
    }

    package func run() async throws {
        let name = "voltbus_drill_\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let server = try Database(settings, on: loops)
        do {
            try await script("CREATE DATABASE \(name) TEMPLATE template0", on: server)
            try await check(in: name)
        } catch {
            // The first error is the one to hear of.
            try? await script("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", on: server)
            await server.close()
            throw error
        }
        try await script("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", on: server)
        await server.close()
    }

    private func script(_ text: String, on server: Database) async throws {
        try await server.session { try await $0.runScript(text, within: .seconds(120)) }
    }

    private func check(in name: String) async throws {
        var scratch = settings
        scratch.overrides["dbname"] = name
        let database = try Database(scratch, on: loops)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await compare(in: database)) } catch { outcome = .failure(error) }
        await database.close()
        try outcome.get()
    }

    private func compare(in database: Database) async throws {
        try await RestoreBackup(archive, into: database, lists, report: report).run()
        let manifest = archive.manifest
        let counts = manifest.tables.map { "SELECT '\($0.name)' AS name, count(*) AS rows FROM \($0.name)" }
        try await database.session { session in
            try await session.runScript(
                "CREATE TEMP TABLE restored AS \(counts.joined(separator: " UNION ALL "))",
                within: .seconds(3_600))
            let restored: [BackupName] = try await session.run(
                "SELECT name, rows::text FROM pg_temp.restored ORDER BY name LIMIT 10000")
            let found = Dictionary(uniqueKeysWithValues: restored.map { ($0.name, $0.value) })
            for table in manifest.tables where found[table.name] != String(table.rows) {
                throw BackupFailure.differs(
                    "\(table.name) has \(found[table.name] ?? "no") rows, not \(table.rows)")
            }
            let ledger = try await session.run(.ledgerSums, within: .seconds(3_600))
            guard ledger == manifest.ledger else { throw BackupFailure.differs("the ledger's sums") }
            guard ledger.sum == 0 else { throw BackupFailure.differs("the books do not balance") }
        }
        report("\(manifest.tables.count) tables and the ledger's sums are as the archive says.")
    }
}
