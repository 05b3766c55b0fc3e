import Core
package import Postgres

/// Brings what an archive holds into an empty database, in one transaction: all of it or nothing.
///
/// What was secret is not in an archive: people set new passwords by mail, stations get new connection passwords.
package struct RestoreBackup {
    private let archive: BackupArchive
    private let database: Database
    private let lists: [MigrationList]
    private let report: @Sendable (String) -> Void

    private static let patience: Duration = .seconds(4 * 3_600)
    /// Bytes of rows that go to the server at once.
    private static let batch = 1_024 * 1_024

    /// - Parameter database: as the owner of an empty one.
    package init(
        _ archive: BackupArchive, into database: Database, _ lists: [MigrationList],
        report: @escaping @Sendable (String) -> Void
    ) {
        self.archive = archive
        self.database = database
        self.lists = lists
        self.report = report
    }

    package func run() async throws {
        try await refuseUnlessEmpty()
        let then = try listsThen()
        try await database.session { session in
            for list in lists {
                // What deploy/postgres/02-schemas.sql makes in a database of ours.
                try await session.runScript(
                    "CREATE SCHEMA IF NOT EXISTS \(list.service); CREATE SCHEMA IF NOT EXISTS \(list.service)_view",
                    within: Self.patience)
            }
        }
        try await MigrationRunner(database, then).up()
        try await database.session { session in
            try await session.transaction { try await load(on: session) }
            try await session.runScript("ANALYZE", within: Self.patience)
        }
        // What this build has beyond the archive's.
        try await MigrationRunner(database, lists).up()
        report("\(archive.manifest.rows) rows of \(archive.manifest.tables.count) tables are restored.")
    }

    private func refuseUnlessEmpty() async throws {
        let found: String? = try await database.run(
            """
            SELECT n.nspname || '.' || c.relname
            FROM pg_class AS c
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY (\(each: lists, \.service)) AND c.relkind IN ('r', 'p')
            ORDER BY 1
            LIMIT 1
            """)
        if let found { throw BackupFailure.notEmpty(found) }
    }

    /// The lists as they were when the archive was made.
    private func listsThen() throws -> [MigrationList] {
        try lists.map { list in
            let names = archive.manifest.schema[list.service] ?? []
            let known = list.migrations.prefix(names.count)
            guard known.map(\.name) == names else {
                let stranger = zip(names, known.map(\.name) + [""]).first { $0 != $1 }?.0 ?? names.last ?? ""
                throw BackupFailure.otherSchema("\(list.service) had \(stranger)")
            }
            return try MigrationList(schema: list.schema, Array(known))
        }
    }

    private func load(on session: Session) async throws {
        try await session.runScript("SET LOCAL search_path TO ''", within: Self.patience)
        try await makePartitions(on: session)
        // In no order of theirs could the tables be filled: some point at each other.
        let links = try await session.run(.links(of: lists), within: Self.patience)
        try await script(links.map { "ALTER TABLE \($0.name) DROP CONSTRAINT \($0.constraint)" }, on: session)
        let all: [String] = try await session.run(.everyTable(of: lists), within: Self.patience)
        try await script(
            // What a migration put there is in the archive as well.
            ["TRUNCATE \(all.joined(separator: ", "))"]
                // A backup of sound books needs no check of each entry; the sums are compared at the end.
                + all.map { "ALTER TABLE \($0) DISABLE TRIGGER USER" }, on: session)

        let reader = try ArchiveReader(archive.path)
        let tables = Dictionary(uniqueKeysWithValues: archive.manifest.tables.map { ($0.file, $0) })
        while let header = try reader.next() {
            guard let table = tables[header.name] else { continue }
            try await load(table, from: reader, on: session)
        }

        try await renumberEvents(on: session)
        try await script(all.map { "ALTER TABLE \($0) ENABLE TRIGGER USER" }, on: session)
        try await script(
            links.map { "ALTER TABLE \($0.name) ADD CONSTRAINT \($0.constraint) \($0.definition)" },
            on: session)
        try await setSequences(on: session)
    }

    private func script(_ statements: [String], on session: Session) async throws {
        guard !statements.isEmpty else { return }
        try await session.runScript(statements.joined(separator: ";\n"), within: Self.patience)
    }

    private func makePartitions(on session: Session) async throws {
        let there: [String] = try await session.run(.everyPartition(of: lists), within: Self.patience)
        let missing = archive.manifest.partitions.filter { !there.contains($0.table) }
        try await script(
            try missing.map { partition in
                "CREATE TABLE \(try Self.quoted(partition.table)) PARTITION OF \(try Self.quoted(partition.parent)) "
                    + (try Self.bounds(partition.bounds))
            }, on: session)
    }

    private func load(
        _ table: BackupManifest.Table, from reader: ArchiveReader, on session: Session
    ) async throws {
        let name = try Self.quoted(table.name)
        for column in table.columns where !Self.isPlain(column) { throw BackupFailure.unexpectedName(column) }
        let columns = table.columns.map(BackupTable.quoted)
        try await session.runScript(
            """
            CREATE OR REPLACE FUNCTION pg_temp.load_rows(lines text[]) RETURNS bigint LANGUAGE plpgsql AS $load$
            DECLARE loaded bigint;
            BEGIN
                INSERT INTO \(name) (\(columns.joined(separator: ", "))) OVERRIDING SYSTEM VALUE
                SELECT \(columns.map { "loaded_row.\($0)" }.joined(separator: ", "))
                FROM unnest(lines) AS line
                CROSS JOIN LATERAL json_populate_record(NULL::\(name), line::json) AS loaded_row;
                GET DIAGNOSTICS loaded = ROW_COUNT;
                RETURN loaded;
            END $load$
            """, within: Self.patience)
        var rows: Int64 = 0
        var text: [UInt8] = []
        while case let piece = try reader.read(), !piece.isEmpty {
            text += piece
            guard text.count >= Self.batch, let end = text.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            rows += try await load(text[...end], on: session)
            text.removeSubrange(...end)
        }
        if !text.isEmpty { rows += try await load(text[...], on: session) }
        guard rows == table.rows else { throw BackupFailure.differs("\(table.name) has \(rows) rows") }
    }

    private func load(_ text: ArraySlice<UInt8>, on session: Session) async throws -> Int64 {
        let lines = text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        return try await session.run(
            "SELECT pg_temp.load_rows(\(each: lines, \.self))", within: Self.patience)
    }

    /// Another server counts transactions anew, and readers believe only in transactions that are over here: events are
    /// numbered anew, in the order in which they were read, and the readers' places with them.
    private func renumberEvents(on session: Session) async throws {
        try await session.runScript(
            """
            CREATE TEMP TABLE event_place (
                source text, transaction_id xid8, sequence bigint, place bigint, PRIMARY KEY (source, sequence)
            ) ON COMMIT DROP
            """, within: Self.patience)
        for list in lists {
            let log = "\(list.service).event_log"
            try await session.runScript(
                """
                INSERT INTO pg_temp.event_place
                SELECT '\(list.service)', transaction_id, sequence,
                    row_number() OVER (ORDER BY transaction_id, sequence)
                FROM \(log);
                CREATE TEMP TABLE event_copy ON COMMIT DROP AS
                    SELECT sequence, kind, subject, payload, created_at FROM \(log);
                TRUNCATE \(log);
                INSERT INTO \(log) (sequence, transaction_id, kind, subject, payload, created_at)
                    OVERRIDING SYSTEM VALUE
                SELECT p.place, '3'::xid8, e.kind, e.subject, e.payload, e.created_at
                FROM pg_temp.event_copy AS e
                JOIN pg_temp.event_place AS p ON p.source = '\(list.service)' AND p.sequence = e.sequence;
                DROP TABLE pg_temp.event_copy;
                """, within: Self.patience)
        }
        for list in lists {
            try await session.runScript(
                """
                UPDATE \(list.service).event_cursor AS reader
                SET transaction_id = '3'::xid8, leased_by = NULL, leased_until = NULL, sequence = coalesce((
                    SELECT max(p.place) FROM pg_temp.event_place AS p
                    WHERE p.source = reader.source
                        AND (p.transaction_id, p.sequence) <= (reader.transaction_id, reader.sequence)), 0);
                -- Out of the way first: old numbers and new ones could be the same.
                UPDATE \(list.service).event_parked SET sequence = -sequence;
                UPDATE \(list.service).event_parked AS parked SET sequence = p.place
                FROM pg_temp.event_place AS p
                WHERE p.source = parked.source AND p.sequence = -parked.sequence;
                """, within: Self.patience)
        }
    }

    private func setSequences(on session: Session) async throws {
        for (name, value) in archive.manifest.sequences.sorted(by: { $0.key < $1.key }) {
            let _: Int64 = try await session.run("SELECT setval((\(name))::text::regclass, \(value))")
        }
        for list in lists {
            try await session.runScript(
                """
                SELECT setval('\(list.service).event_log_sequence_seq',
                    (SELECT greatest(max(sequence), 1) FROM \(list.service).event_log),
                    EXISTS (SELECT FROM \(list.service).event_log))
                """, within: Self.patience)
        }
    }

    /// `schema.table` of one of our schemas, quoted. An archive is a file that anybody may have written.
    private static func quoted(_ name: String) throws(BackupFailure) -> String {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy(isPlain) else { throw .unexpectedName(name) }
        return parts.map(BackupTable.quoted).joined(separator: ".")
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    }

    /// What `pg_get_expr` writes of a partition by time, and nothing else.
    private static func bounds(_ text: String) throws(BackupFailure) -> String {
        let isPlain =
            text == "DEFAULT"
            || text.wholeMatch(of: /FOR VALUES FROM \('[0-9 :+.\-]+'\) TO \('[0-9 :+.\-]+'\)/) != nil
        guard isPlain else { throw .unexpectedName(text) }
        return text
    }
}

/// A row of one table that points at one of another.
private struct Link: Row {
    static let columns = "c.conrelid::regclass::text, quote_ident(c.conname), pg_get_constraintdef(c.oid)"

    let name: String
    let constraint: String
    let definition: String

    init(_ cells: inout Cells) throws {
        name = try cells.next()
        constraint = try cells.next()
        definition = try cells.next()
    }
}

extension Query where Result == [Link] {
    fileprivate static func links(of lists: [MigrationList]) -> Self {
        """
        SELECT \(columns: Link.self)
        FROM pg_catalog.pg_constraint AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
        WHERE n.nspname = ANY (\(each: lists, \.service)) AND c.contype = 'f' AND c.conparentid = 0
        ORDER BY 1, 2
        LIMIT 10000
        """
    }
}

extension Query where Result == [String] {
    /// But for the record of migrations, which is the runner's.
    fileprivate static func everyTable(of lists: [MigrationList]) -> Self {
        """
        SELECT format('%I.%I', n.nspname, c.relname)
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = ANY (\(each: lists, \.service)) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname <> 'migration'
        ORDER BY 1
        LIMIT 10000
        """
    }

    fileprivate static func everyPartition(of lists: [MigrationList]) -> Self {
        """
        SELECT n.nspname || '.' || c.relname
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = ANY (\(each: lists, \.service)) AND c.relispartition
        ORDER BY 1
        LIMIT 100000
        """
    }
}
