package import Postgres

/// A table that a backup takes, as the database's catalog names it.
struct BackupTable: Row, Equatable {
    static let columns =
        "n.nspname, c.relname, reading.columns, reading.unreadable, reading.key, reading.files"

    let schema: String
    let table: String
    /// Those that a row is made of, in the table's order; what the server works out itself is not among them.
    let columnNames: [String]
    /// Columns that are no secret, and that the role may not read all the same.
    let unreadable: [String]
    /// By what its rows are sorted, so that one state of the database makes one archive.
    let key: [String]
    /// Its rows are large.
    let holdsFiles: Bool

    var name: String { "\(schema).\(table)" }
    var quoted: String { "\(Self.quoted(schema)).\(Self.quoted(table))" }
    var columnList: String { columnNames.map(Self.quoted).joined(separator: ", ") }

    init(_ cells: inout Cells) throws {
        schema = try cells.next()
        table = try cells.next()
        columnNames = try cells.next()
        unreadable = try cells.next()
        key = try cells.next()
        holdsFiles = try cells.next()
    }

    static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}

extension Query where Result == [BackupTable] {
    /// Every table of the schemas but those that hold secrets, with the columns that are none.
    static func backupTables(of schemas: [String]) -> Self {
        """
        SELECT \(columns: BackupTable.self)
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}') AS columns,
                coalesce(array_agg(a.attname::text ORDER BY a.attnum)
                    FILTER (WHERE NOT has_column_privilege(c.oid, a.attnum, 'SELECT')), '{}') AS unreadable,
                coalesce((
                    SELECT array_agg(k.attname::text ORDER BY place.place)
                    FROM pg_catalog.pg_index AS i
                    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS place (attnum, place)
                    JOIN pg_catalog.pg_attribute AS k ON k.attrelid = c.oid AND k.attnum = place.attnum
                    WHERE i.indrelid = c.oid AND i.indisprimary), '{}') AS key,
                coalesce(bool_or(a.atttypid = 'pg_catalog.bytea'::regtype), false) AS files
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                AND NOT (n.nspname || '.' || c.relname || '.' || a.attname
                    = ANY (\(each: BackupSecrets.columns.sorted(), \.self)))
        ) AS reading
        WHERE n.nspname = ANY (\(each: schemas, \.self)) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname <> 'migration'
            AND NOT (n.nspname || '.' || c.relname = ANY (\(each: BackupSecrets.tables.sorted(), \.self)))
            AND NOT (c.relname = ANY (\(each: BackupSecrets.tablesAnywhere.sorted(), \.self)))
        ORDER BY n.nspname, c.relname
        LIMIT 1000
        """
    }
}

/// A name and what belongs to it.
struct BackupName: Row {
    static let columns = "name, value"

    let name: String
    let value: String

    init(_ cells: inout Cells) throws {
        name = try cells.next()
        value = try cells.next()
    }
}

extension Query where Result == [BackupName] {
    /// Which migrations each schema has had.
    static func appliedMigrations(of schemas: [String]) -> Self {
        var all: [SQL] = []
        for schema in schemas {
            switch schema {
            case "accounts": all.append("SELECT 'accounts', name, version FROM accounts.migration")
            case "billing": all.append("SELECT 'billing', name, version FROM billing.migration")
            case "gateway": all.append("SELECT 'gateway', name, version FROM gateway.migration")
            default: all.append("SELECT 'reporting', name, version FROM reporting.migration")
            }
        }
        return """
            SELECT \(columns: BackupName.self)
            FROM (\(all.joined(by: " UNION ALL ", otherwise: "SELECT '', '', 0"))) AS applied (name, value, version)
            ORDER BY name, version
            LIMIT 10000
            """
    }

    /// Where each sequence stands; one that nobody has drawn from is left out.
    static func sequences(of schemas: [String]) -> Self {
        """
        SELECT s.schemaname || '.' || s.sequencename, s.last_value::text
        FROM pg_catalog.pg_sequences AS s
        WHERE s.schemaname = ANY (\(each: schemas, \.self)) AND s.last_value IS NOT NULL
        ORDER BY 1
        LIMIT 10000
        """
    }

    /// `schema.partition parent`, and its bounds.
    static func partitions(of schemas: [String]) -> Self {
        """
        SELECT n.nspname || '.' || c.relname || ' ' || parent.relname, pg_get_expr(c.relpartbound, c.oid)
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid
        JOIN pg_catalog.pg_class AS parent ON parent.oid = i.inhparent
        WHERE n.nspname = ANY (\(each: schemas, \.self)) AND c.relispartition AND c.relkind = 'r'
        ORDER BY 1
        LIMIT 100000
        """
    }
}

extension BackupManifest.Ledger: Row {
    package static let columns = """
        (SELECT count(*) FROM billing.ledger_entry), (SELECT count(*) FROM billing.posting),
            (SELECT coalesce(sum(amount), 0)::bigint FROM billing.posting),
            (SELECT coalesce(md5(string_agg(account_id::text || ':' || total::text, ',' ORDER BY account_id)), '')
            FROM (SELECT account_id, sum(amount) AS total FROM billing.posting GROUP BY account_id) AS account)
        """

    package init(_ cells: inout Cells) throws {
        entries = try cells.next()
        postings = try cells.next()
        sum = try cells.next()
        digest = try cells.next()
    }
}

extension Query where Result == BackupManifest.Ledger {
    static var ledgerSums: Self { "SELECT \(columns: BackupManifest.Ledger.self)" }
}
