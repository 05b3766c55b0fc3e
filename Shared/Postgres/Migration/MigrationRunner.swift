import Core
package import FoundationEssentials

/// Brings schemas up to date, one service after the other, never two runners at once.
///
/// What was applied is recorded in the schema's own table `migration` with the checksum of the file. A recorded file that has changed, or
/// that this binary lacks, is refused before anything else happens.
package struct MigrationRunner: Sendable {
    package struct Limits: Sendable {
        /// How long another runner may hold the lock.
        package var waitForLock: Duration = .seconds(120)
        package var script: Duration = .seconds(3_600)
        /// A change that waits for a busy table holds up everybody behind it, so it gives way and tries again.
        package var waitForTable: Duration = .seconds(3)
        package var attempts = 10

        package init() {}
    }

    /// The advisory lock of VoltBus' migrations: the letters "voltmigr" as a number.
    private static let lock: Int64 = 0x766F_6C74_6D69_6772

    private let database: Database
    private let lists: [MigrationList]
    private let limits: Limits
    private let report: @Sendable (String) -> Void

    package init(
        _ database: Database, _ lists: [MigrationList], limits: Limits = Limits(),
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.database = database
        self.lists = lists
        self.limits = limits
        self.report = report
    }

    /// Applies what is missing; returns how many were applied.
    @discardableResult
    package func up() async throws -> Int {
        try await database.session { session in
            try await locked(session) {
                var applied = 0
                // All lists are checked before the first is touched.
                var missing: [(MigrationList, [MigrationStatus])] = []
                for list in lists {
                    try await session.transaction { try await session.prepareRecord(of: list) }
                    let status = try await session.status(of: list)
                    try Self.refuseChanged(status, of: list)
                    missing.append((list, status.filter { $0.state == .pending }))
                }
                for (list, pending) in missing {
                    for status in pending {
                        try await apply(list.migrations[status.version - 1], of: list, on: session)
                        applied += 1
                    }
                }
                report(applied == 0 ? "Everything is up to date." : "\(applied) applied.")
                return applied
            }
        }
    }

    /// What is recorded, pending, changed or unknown; changes nothing.
    package func status() async throws -> [MigrationStatus] {
        try await database.session { session in
            var all: [MigrationStatus] = []
            for list in lists { all += try await session.status(of: list) }
            return all
        }
    }

    /// Fails unless every file is applied, and as it was then.
    package func verify() async throws {
        let status = try await status()
        for list in lists {
            let own = status.filter { $0.service == list.service }
            try Self.refuseChanged(own, of: list)
            let pending = own.filter { $0.state == .pending }
            guard pending.isEmpty else {
                let names = pending.map(\.name).joined(separator: ", ")
                throw DatabaseError(.migration, "\(list.service): not applied: \(names).")
            }
        }
        report("Every migration is applied as it is in this build.")
    }

    private static func refuseChanged(_ status: [MigrationStatus], of list: MigrationList) throws {
        for entry in status {
            switch entry.state {
            case .changed:
                throw DatabaseError(
                    .migration,
                    "\(list.service): \(entry.name) was changed after it was applied; add a new one instead.")
            case .unknown:
                throw DatabaseError(
                    .migration,
                    "\(list.service): \(entry.name) is applied but not in this build, which is too old.")
            case .applied, .pending: continue
            }
        }
    }

    private func locked<Value>(_ session: Session, _ body: () async throws -> Value) async throws -> Value {
        let free: Bool = try await session.run("SELECT pg_try_advisory_lock(\(Self.lock))")
        if !free {
            report("Another migration is running; waiting for it.")
            let _: Int32 = try await session.run(
                "SELECT 1 FROM pg_advisory_lock(\(Self.lock))", within: limits.waitForLock)
        }
        let value = try await body()
        // After a failure the session is closed, which frees the lock as well.
        let _: Bool = try await session.run("SELECT pg_advisory_unlock(\(Self.lock))")
        return value
    }

    private func apply(_ migration: Migration, of list: MigrationList, on session: Session) async throws {
        let start = MonotonicInstant.now
        var attempt = 1
        while true {
            do {
                try await session.transaction {
                    // Long DDL is not idle time, but the pause between two statements of ours might be.
                    let _: String = try await session.run(
                        "SELECT set_config('lock_timeout', \("\(limits.waitForTable.wholeMilliseconds)"), true)"
                    )
                    let before: Int64 = try await session.run("SELECT pg_current_xact_id()")
                    try await session.runScript(migration.text, within: limits.script)
                    let after: Int64 = try await session.run("SELECT pg_current_xact_id()")
                    guard before == after else {
                        throw DatabaseError(
                            .migration,
                            "It ended the transaction that it was given, and what it did before may have stayed."
                        )
                    }
                    let took = (MonotonicInstant.now - start).wholeMilliseconds
                    try await session.run(.record(migration, of: list, milliseconds: took))
                }
                break
            } catch let error as DatabaseError {
                guard error.state == .lockNotAvailable || error.state == .deadlock, attempt < limits.attempts
                else {
                    throw DatabaseError(
                        error.kind,
                        "\(list.service): \(migration.name) failed and was taken back. \(error.message)")
                }
                report("\(list.service): \(migration.name) waits for a busy table (attempt \(attempt)).")
                attempt += 1
            }
        }
        let took = (MonotonicInstant.now - start).wholeMilliseconds
        report("\(list.service): \(migration.name) applied in \(took) ms.")
    }
}

/// Where one migration stands in one database.
package struct MigrationStatus: Hashable, Sendable {
    package enum State: String, Sendable {
        case applied
        case pending
        /// Applied from a file with other content.
        case changed
        /// Applied, but this build has no such file.
        case unknown
    }

    package let service: String
    package let version: Int
    package let name: String
    package let state: State
    package let appliedAt: Date?
}

extension Session {
    /// The server digests the files, so that no digest has to be written here.
    fileprivate func status(of list: MigrationList) async throws -> [MigrationStatus] {
        let exists: Bool = try await run(
            "SELECT to_regclass(\(list.service) || '.migration') IS NOT NULL")
        let recorded: [Int: RecordedMigration] =
            exists
            ? Dictionary(uniqueKeysWithValues: try await run(.recorded(in: list)).map { ($0.version, $0) })
            : [:]
        let digests: [Octets] = try await run(.digests(of: list))
        var all: [MigrationStatus] = []
        for (migration, digest) in zip(list.migrations, digests) {
            let record = recorded[migration.version]
            let isSame = record?.digest == digest && record?.name == migration.name
            all.append(
                MigrationStatus(
                    service: list.service, version: migration.version, name: migration.name,
                    state: record == nil ? .pending : isSame ? .applied : .changed,
                    appliedAt: record?.appliedAt))
        }
        for record in recorded.values.sorted(by: { $0.version < $1.version })
        where record.version > list.migrations.count {
            all.append(
                MigrationStatus(
                    service: list.service, version: record.version, name: record.name, state: .unknown,
                    appliedAt: record.appliedAt))
        }
        return all
    }

    fileprivate func prepareRecord(of list: MigrationList) async throws {
        // Asked first: the owner may lack the right to create schemas that are there already.
        let exists: Bool = try await run("SELECT to_regnamespace(\(list.service)) IS NOT NULL")
        if !exists { try await run(.createSchema(of: list)) }
        try await run(.createRecord(of: list))
        // The service may read its history and not write it, whatever the schema's default privileges are.
        let hasRole: Bool = try await run("SELECT to_regrole(\(list.service)) IS NOT NULL")
        if hasRole { try await run(.protectRecord(of: list)) }
    }
}

private struct RecordedMigration: Row {
    static let columns = "version, name, digest, applied_at"

    let version: Int
    let name: String
    let digest: Octets
    let appliedAt: Date

    init(_ cells: inout Cells) throws {
        version = try cells.next()
        name = try cells.next()
        digest = try cells.next()
        appliedAt = try cells.next()
    }
}

extension Query where Result == [RecordedMigration] {
    fileprivate static func recorded(in list: MigrationList) -> Self {
        "SELECT \(columns: RecordedMigration.self) FROM \(raw: list.schema).migration ORDER BY version"
    }
}

extension Query where Result == [Octets] {
    fileprivate static func digests(of list: MigrationList) -> Self {
        """
        SELECT sha256(t.content)
        FROM unnest(\(each: list.migrations, { Octets(Array($0.text.utf8)) })) WITH ORDINALITY AS t (content, place)
        ORDER BY t.place
        """
    }
}

extension Query where Result == Void {
    fileprivate static func createSchema(of list: MigrationList) -> Self {
        "CREATE SCHEMA IF NOT EXISTS \(raw: list.schema)"
    }

    fileprivate static func createRecord(of list: MigrationList) -> Self {
        """
        CREATE TABLE IF NOT EXISTS \(raw: list.schema).migration (
            version integer PRIMARY KEY,
            name text NOT NULL,
            digest bytea NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now(),
            milliseconds bigint NOT NULL
        )
        """
    }

    fileprivate static func protectRecord(of list: MigrationList) -> Self {
        "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON \(raw: list.schema).migration FROM \(raw: list.schema)"
    }

    fileprivate static func record(_ migration: Migration, of list: MigrationList, milliseconds: Int64)
        -> Self
    {
        """
        INSERT INTO \(raw: list.schema).migration (version, name, digest, milliseconds)
        VALUES (\(migration.version), \(migration.name), sha256(\(Octets(Array(migration.text.utf8)))), \(milliseconds))
        """
    }
}
