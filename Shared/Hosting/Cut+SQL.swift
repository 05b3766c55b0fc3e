import Core
package import HTTP
package import Postgres

extension Cut {
    /// The way that a statement's ORDER BY runs.
    package var direction: SQL { order == .ascending ? "ASC" : "DESC" }
}

extension Query {
    /// A list as the contract cuts it: what meets a condition, by a key that no two rows share.
    package static func page<Joined: JoinedRow>(where condition: SQL, by key: SQL, _ cut: Cut) -> Self
    where Result == [Joined] {
        """
        \(rows: Joined.self)
        WHERE \(condition)
        ORDER BY \(key) \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}
