/// How much one table holds: what `migrate stats` prints.
package struct TableSize: Row, Hashable, Sendable {
    package static let columns = "n.nspname, c.relname, c.reltuples::bigint, pg_total_relation_size(c.oid)"

    package let schema: String
    package let table: String
    /// The planner's estimate; nil for a table that was never analysed.
    package let rows: Int64?
    /// With its indexes and what is stored beside it.
    package let bytes: Int64

    package init(_ cells: inout Cells) throws {
        schema = try cells.next()
        table = try cells.next()
        let estimate: Int64 = try cells.next()
        rows = estimate < 0 ? nil : estimate
        bytes = try cells.next()
    }

    package var line: String {
        "\(schema).\(table) rows≈\(rows.map(String.init) ?? "?") kB=\((bytes + 1_023) / 1_024)"
    }
}

extension Query where Result == [TableSize] {
    /// Partitions are counted one by one; the table that they belong to holds nothing itself.
    package static func tableSizes(in lists: [MigrationList]) -> Self {
        """
        SELECT \(columns: TableSize.self)
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = ANY (\(each: lists, \.service)) AND c.relkind = 'r'
        ORDER BY n.nspname, c.relname
        LIMIT 10000
        """
    }
}
