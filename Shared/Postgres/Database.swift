import Core
package import Sockets
import Synchronization

/// What statements can be run on: the database itself, or one transaction of it.
package protocol Queryable: Sendable {
    /// The plain answer to one statement; `run` reads it into types.
    func rows(_ sql: SQL, within patience: Duration?) async throws -> RowSet
}

extension Queryable {
    /// Runs one statement and reads its answer. `patience` is the time from this call to the answer.
    package func run<Result: QueryResult>(
        _ query: Query<Result>, within patience: Duration? = nil
    ) async throws -> Result {
        try Result(rows: try await rows(query.sql, within: patience))
    }

    package func run(_ query: Query<Void>, within patience: Duration? = nil) async throws {
        _ = try await rows(query.sql, within: patience)
    }
}

/// The database as the services see it: a pool of connections on every loop, behind one value that may be passed anywhere.
///
/// A statement runs on the loop that the caller is on, and shares its connection with others; a transaction has one for itself.
package final class Database: Queryable {
    package let limits: DatabaseSettings.Limits
    let pools: [ConnectionPool]
    private let turn = Atomic<Int>(0)

    /// Begins to connect at once, and goes on trying for as long as it lives.
    package init(_ settings: DatabaseSettings, on loops: EventLoops) throws {
        let parameters = try ConnectionParameters(settings)
        limits = settings.limits
        let share = settings.poolSize / loops.all.count
        let rest = settings.poolSize % loops.all.count
        pools = loops.all.enumerated().map { index, loop in
            let size = max(1, share + (index < rest ? 1 : 0))
            return ConnectionPool(parameters, size: size, limits: settings.limits, loop: loop)
        }
        for pool in pools {
            pool.loop.execute { pool.assumeIsolated { $0.start() } }
        }
    }

    /// The pool of the loop that this runs on; each in turn for callers that are on none of ours.
    var pool: ConnectionPool { pools[poolIndex] }

    var poolIndex: Int {
        if let loop = EventLoop.current, loop.index < pools.count, pools[loop.index].loop === loop {
            return loop.index
        }
        return turn.wrappingAdd(1, ordering: .relaxed).oldValue % pools.count
    }

    package func rows(_ sql: SQL, within patience: Duration? = nil) async throws -> RowSet {
        if let transaction = Transaction.current, transaction.isOpen, transaction.belongs(to: self) {
            throw DatabaseError(
                .outsideTransaction, "This statement stands in a transaction's body but beside it.",
                in: sql.shape)
        }
        return try await pool.run(sql, within: patience)
    }

    /// Whether the database answers now: what `/ready` asks.
    package func isReady(within patience: Duration = .seconds(1)) async -> Bool {
        let answer: Int32? = try? await run("SELECT 1", within: patience)  // Any failure means: not ready.
        return answer == 1
    }

    package var state: DatabaseState {
        get async {
            var sum = DatabaseState()
            for pool in pools { sum = sum + (await pool.state) }
            return sum
        }
    }

    /// Waits for what is under way, within the limit, and closes. Statements that come later fail as unavailable.
    package func close() async {
        for pool in pools { await pool.close() }
    }
}
