package import Postgres

/// Lets the role `backup` read everything but the secrets: done anew after each migration, as the owner, so that a new table
/// is part of the next backup.
package enum BackupRights {
    package static let role = "backup"

    /// Does nothing on a server that has no such role.
    package static func grant(for schemas: [String], on database: Database) async throws {
        try await database.session { session in
            let exists: Bool = try await session.run("SELECT to_regrole(\(role)) IS NOT NULL")
            guard exists else { return }
            let statements: [String] = try await session.run(
                .rights(
                    schemas: schemas, tables: BackupSecrets.tables.sorted(),
                    anywhere: BackupSecrets.tablesAnywhere.sorted(), columns: BackupSecrets.columns.sorted()))
            // One transaction: nobody sees the role without its rights in between.
            try await session.runScript(
                (["BEGIN"] + statements + ["COMMIT"]).joined(separator: ";\n"), within: .seconds(60))
        }
    }
}

extension Query where Result == [String] {
    /// The statements, with every name quoted by the server.
    fileprivate static func rights(
        schemas: [String], tables: [String], anywhere: [String], columns: [String]
    ) -> Self {
        """
        SELECT statement FROM (
            SELECT 1, format('GRANT CONNECT ON DATABASE %I TO backup', current_database())
            UNION ALL
            SELECT 2, format('GRANT USAGE ON SCHEMA %I TO backup', nspname)
            FROM pg_namespace WHERE nspname = ANY (\(each: schemas, \.self))
            UNION ALL
            SELECT 3, format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM backup', nspname)
            FROM pg_namespace WHERE nspname = ANY (\(each: schemas, \.self))
            UNION ALL
            SELECT 4, format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO backup', nspname)
            FROM pg_namespace WHERE nspname = ANY (\(each: schemas, \.self))
            UNION ALL
            SELECT 5, format('GRANT SELECT (%s) ON %I.%I TO backup',
                string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum), n.nspname, c.relname)
            FROM pg_class AS c
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE n.nspname = ANY (\(each: schemas, \.self)) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND NOT (n.nspname || '.' || c.relname = ANY (\(each: tables, \.self)))
                AND NOT (c.relname = ANY (\(each: anywhere, \.self)))
                AND NOT (n.nspname || '.' || c.relname || '.' || a.attname = ANY (\(each: columns, \.self)))
            GROUP BY n.nspname, c.relname
        ) AS right_of_backup (step, statement)
        ORDER BY step, statement
        LIMIT 10000
        """
    }
}
