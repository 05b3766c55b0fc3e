/// A row that is always read from the same tables, joined in the same way.
package protocol JoinedRow: Row {
    /// From `FROM` on, up to the condition.
    static var relations: SQL { get }
}

extension SQL.StringInterpolation {
    /// `SELECT` with the row's columns, from its tables.
    package mutating func appendInterpolation<Joined: JoinedRow>(rows type: Joined.Type) {
        appendLiteral("SELECT ")
        appendInterpolation(columns: type)
        appendLiteral("\n")
        appendInterpolation(type.relations)
    }
}
