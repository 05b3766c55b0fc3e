import Core

/// A connection held alone, without a transaction: for advisory locks, migrations and what a transaction refuses.
package final class Session: Queryable {
    private let pool: ConnectionPool
    private let lease: Lease

    init(on pool: ConnectionPool, _ lease: Lease) {
        self.pool = pool
        self.lease = lease
    }

    package func rows(_ sql: SQL, within patience: Duration? = nil) async throws -> RowSet {
        try await pool.run(.statement(sql), on: lease, opening: nil, within: patience)
    }

    /// Runs a text of several statements, as a migration file holds. There are no binds: never put a value into it.
    package func runScript(_ text: String, within patience: Duration) async throws {
        _ = try await pool.run(.script(text), on: lease, opening: nil, within: patience)
    }

    /// Commits what `body` did, or takes it back when it throws.
    package func transaction<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await run("BEGIN")
        do {
            let value = try await body()
            let answer = try await pool.end("COMMIT", on: lease)
            guard answer.command == "COMMIT" else {
                throw DatabaseError(.transactionOver, "The transaction was not open any more.")
            }
            return value
        } catch {
            // Where this fails too the connection is gone, and the server has rolled back; the first error counts.
            _ = try? await pool.end("ROLLBACK", on: lease)
            throw error
        }
    }
}

extension Database {
    /// Holds one connection for `body`. One that is left in a transaction is closed; a session lock must be given back by `body`.
    package func session<Value>(_ body: (Session) async throws -> Value) async throws -> Value {
        let pool = pool
        let lease = try await pool.lease()
        do {
            let value = try await body(Session(on: pool, lease))
            await pool.release(lease)
            return value
        } catch {
            // Whatever it had set or locked ends with the connection.
            await pool.release(lease, discarding: true)
            throw error
        }
    }
}
