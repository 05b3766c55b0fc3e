import Core
import Dispatch
package import FoundationEssentials
package import Postgres

/// Writes everything that may be read into one archive, as it was at one moment, with a few hundred rows in memory at a time.
package struct TakeBackup: Sendable {
    /// What was written.
    package struct Result: Sendable {
        package var manifest: BackupManifest
        package var size: Int64
        package var sha256: String
    }

    /// For any statement: sorting a year of readings takes a while.
    private static let patience: Duration = .seconds(300)

    private let database: Database
    private let path: String
    private let schemas: [String]
    private let now: Date
    private let gate = BlockingGate(name: "backup", width: 1, capacity: 8) { work in
        DispatchQueue.global(qos: .utility).async(execute: work)
    }

    /// - Parameter database: as the role `backup`, whose rights decide what is read.
    package init(
        _ database: Database, of schemas: [String], to path: String, at now: Date
    ) {
        self.database = database
        self.schemas = schemas
        self.path = path
        self.now = now
    }

    package func run() async throws -> Result {
        let (path, moment) = (path, Int64(now.timeIntervalSince1970))
        let writer = try await gate.run { try ArchiveWriter(path, modified: moment) }
        var manifest: BackupManifest?
        try await database.session { session in
            // Reads only, in one unchanging view: whoever charges meanwhile is neither seen nor held up.
            try await session.runScript(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path TO ''",
                within: Self.patience)
            manifest = try await write(session, to: writer)
            try await session.runScript("COMMIT", within: Self.patience)
        }
        guard let manifest else { preconditionFailure("a session that ended without its body") }
        let (size, digest) = try await gate.run {
            try writer.add(BackupManifest.fileName, JSONWriter.encode(manifest))
            let size = try writer.finish()
            return (size, try FileDigest.sha256(of: path))
        }
        return Result(manifest: manifest, size: size, sha256: digest)
    }

    private func write(_ session: Session, to writer: ArchiveWriter) async throws -> BackupManifest {
        let found = try await session.run(.backupTables(of: schemas), within: Self.patience)
        if let bad = found.first(where: { !$0.unreadable.isEmpty }) {
            throw BackupFailure.unreadable("\(bad.name) (\(bad.unreadable.joined(separator: ", ")))")
        }
        var tables: [BackupManifest.Table] = []
        for table in found { tables.append(try await write(table, session, to: writer)) }

        let schema = Dictionary(
            grouping: try await session.run(.appliedMigrations(of: schemas), within: Self.patience),
            by: \.name
        ).mapValues { $0.map(\.value) }
        let partitions = try await session.run(.partitions(of: schemas), within: Self.patience).map { found in
            let words = found.name.split(separator: " ").map(String.init)
            let schema = words[0].prefix { $0 != "." }
            return BackupManifest.Partition(
                table: words[0], parent: "\(schema).\(words[1])", bounds: found.value)
        }
        let sequences = try await session.run(.sequences(of: schemas), within: Self.patience)
        return BackupManifest(
            format: BackupManifest.currentFormat, created_at: now, schema: schema, tables: tables,
            left_out: BackupSecrets.tables.sorted()
                + BackupSecrets.tablesAnywhere.sorted().map { "*.\($0)" },
            sequences: Dictionary(
                uniqueKeysWithValues: sequences.compactMap { found in
                    Int64(found.value).map { (found.name, $0) }
                }),
            partitions: partitions,
            ledger: try await session.run(.ledgerSums, within: Self.patience))
    }

    private func write(
        _ table: BackupTable, _ session: Session, to writer: ArchiveWriter
    ) async throws -> BackupManifest.Table {
        let file = "\(table.name).ndjson"
        let order =
            table.key.isEmpty ? "" : " ORDER BY \(table.key.map(BackupTable.quoted).joined(separator: ", "))"
        // Names of the catalog, quoted; nothing that a client wrote.
        try await session.runScript(
            """
            DECLARE backup_rows NO SCROLL CURSOR FOR
            SELECT pg_catalog.row_to_json(backup_row)::text
            FROM (SELECT \(table.columnList) FROM \(table.quoted)\(order)) AS backup_row
            """, within: Self.patience)
        try await gate.run { try writer.begin(file) }
        var rows: Int64 = 0
        while true {
            let lines: [String] =
                table.holdsFiles
                ? try await session.run("FETCH 20 FROM backup_rows", within: Self.patience)
                : try await session.run("FETCH 500 FROM backup_rows", within: Self.patience)
            guard !lines.isEmpty else { break }
            rows += Int64(lines.count)
            try await gate.run {
                var bytes: [UInt8] = []
                for line in lines {
                    bytes.append(contentsOf: line.utf8)
                    bytes.append(UInt8(ascii: "\n"))
                }
                try writer.append(contents: bytes)
            }
        }
        try await session.runScript("CLOSE backup_rows", within: Self.patience)
        let (bytes, sha256) = try await gate.run { try writer.end() }
        return BackupManifest.Table(
            name: table.name, file: file, rows: rows, bytes: bytes, sha256: sha256,
            columns: table.columnNames)
    }
}
