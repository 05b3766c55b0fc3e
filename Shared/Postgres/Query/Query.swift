/// One statement and the type of its answer.
///
///     extension Query where Result == [InvoiceSummary] {
///         static func invoices(of account: ID<Account>, limit: Int) -> Self {
///             """
///             SELECT \(columns: InvoiceSummary.self) FROM billing.invoice
///             WHERE account_id = \(account) ORDER BY issued_at DESC, id LIMIT \(limit)
///             """
///         }
///     }
///
/// `Result` is `[R]`, `R` (exactly one row), `R?` (one or none), where `R` is a `Row` or a single value; `RowCount`; or `Void`.
package struct Query<Result>: ExpressibleByStringInterpolation, Sendable {
    package var sql: SQL

    package init(_ sql: SQL) {
        self.sql = sql
    }

    package init(stringLiteral literal: StaticString) {
        sql = SQL(stringLiteral: literal)
    }

    package init(stringInterpolation: SQL.StringInterpolation) {
        sql = SQL(stringInterpolation: stringInterpolation)
    }
}

/// What a statement's answer can be read as.
package protocol QueryResult {
    init(rows: RowSet) throws
}

/// How many rows a statement inserted, updated, deleted or read.
package struct RowCount: QueryResult, Hashable, Sendable {
    package let count: Int

    package init(rows: RowSet) {
        count = rows.affected
    }
}

extension Array: QueryResult where Element: RowDecodable {
    package init(rows: RowSet) throws {
        self = try rows.map(Element.self)
    }
}

extension Optional: QueryResult where Wrapped: RowDecodable {
    /// No row is `nil`, and so is the NULL of a single value.
    package init(rows: RowSet) throws {
        guard rows.count > 0 else {
            self = nil
            return
        }
        try rows.expectOne()
        self = Wrapped.isSingleValue && rows.isNull(row: 0, column: 0) ? nil : try rows.first(Wrapped.self)
    }
}

extension RowDecodable {
    package init(rows: RowSet) throws {
        try rows.expectOne()
        self = try rows.first(Self.self)
    }
}
