import Core
package import HTTP
package import Postgres

extension Cut {
    /// The way that a statement's ORDER BY runs.
    package var direction: SQL { order == .ascending ? "ASC" : "DESC" }
}
