import Core
import Synchronization

/// A transaction while its body runs. Statements on it are executed in order on one connection of its own.
package final class Transaction: Queryable {
    /// How much of what others do at the same time it may see.
    package enum Isolation: Sendable {
        case readCommitted
        case repeatableRead
        case serializable
        /// One unchanging view of everything, for reports; it can neither write nor lose a race.
        case readOnlySnapshot

        var opening: StaticString {
            switch self {
            case .readCommitted: "BEGIN"
            case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
            case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
            case .readOnlySnapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            }
        }
    }

    private struct State {
        var isOpen = true
        var hasBegun = false
        var savepoints = 0
        /// The first failure decides: what follows it only says that the transaction has failed.
        var failure: DatabaseError?
    }

    /// The transaction whose body this task runs in.
    @TaskLocal static var current: Transaction?

    private let database: Database
    private let pool: ConnectionPool
    private let lease: Lease
    private let isolation: Isolation
    private let state = Mutex(State())

    init(on database: Database, _ pool: ConnectionPool, _ lease: Lease, _ isolation: Isolation) {
        self.database = database
        self.pool = pool
        self.lease = lease
        self.isolation = isolation
    }

    var isOpen: Bool { state.withLock(\.isOpen) }

    func belongs(to other: Database) -> Bool { database === other }

    package func rows(_ sql: SQL, within patience: Duration? = nil) async throws -> RowSet {
        let (isOpen, mustBegin) = state.withLock { state in
            defer { state.hasBegun = state.hasBegun || state.isOpen }
            return (state.isOpen, !state.hasBegun)
        }
        guard isOpen else {
            throw DatabaseError(.transactionOver, "The transaction has ended.", in: sql.shape)
        }
        do {
            return try await pool.run(
                .statement(sql), on: lease, opening: mustBegin ? isolation.opening : nil, within: patience)
        } catch {
            if let error = error as? DatabaseError {
                state.withLock { if $0.failure == nil { $0.failure = error } }
            }
            throw error
        }
    }

    /// Runs `body` so that its failure takes back only what it did itself, and the transaction can go on.
    package func attempt<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await run("SAVEPOINT attempt")
        do {
            let value = try await body()
            try await run("RELEASE SAVEPOINT attempt")
            return value
        } catch {
            if state.withLock({ $0.failure.map { $0.state != nil && $0.state?.isLostRace == false } ?? true })
            {
                _ = try await pool.end("ROLLBACK TO SAVEPOINT attempt", on: lease)
                _ = try await pool.end("RELEASE SAVEPOINT attempt", on: lease)
                state.withLock { $0.failure = nil }
            }
            throw error
        }
    }

    /// Whether it failed for a reason that lies outside it, such as losing to another transaction, so that run again it may succeed.
    var mayWinNextTime: Bool {
        state.withLock { state in
            guard let failure = state.failure else { return false }
            // A cancellation of its own would read as a deadline; this one was meant for the statement before it.
            let wasHitByMistake = failure.state == .queryCanceled
            return failure.state?.isLostRace == true || failure.asksToPrepareAnew || wasHitByMistake
        }
    }

    func commit() async throws {
        guard finish() else { return await pool.release(lease) }
        do {
            let answer = try await pool.end("COMMIT", on: lease)
            await pool.release(lease)
            // The server answers so when a statement had failed and the body went on regardless.
            guard answer.command == "COMMIT" else {
                throw state.withLock(\.failure)
                    ?? DatabaseError(.transactionOver, "The transaction had failed.")
            }
        } catch let error as DatabaseError {
            state.withLock { if $0.failure == nil { $0.failure = error } }
            await pool.release(lease)
            throw error
        }
    }

    func rollBack() async {
        guard finish() else { return await pool.release(lease) }
        do {
            _ = try await pool.end("ROLLBACK", on: lease)
            await pool.release(lease)
        } catch {
            // The connection is useless now; the server rolls back when it goes. The body's own error is on its way.
            await pool.release(lease, discarding: true)
        }
    }

    /// Ends it for its users; returns whether the server has heard of it.
    private func finish() -> Bool {
        state.withLock { state in
            defer { state.isOpen = false }
            return state.isOpen && state.hasBegun
        }
    }
}

extension Database {
    /// Runs `body` in one transaction: committed when it returns, rolled back when it throws or its task is cancelled.
    ///
    /// A transaction that loses a race (serialisation failure, deadlock) is run again from its start, so `body` must do nothing but
    /// talk to the database; say `mayRepeat: false` for one that cannot be run twice.
    package func transaction<Value>(
        isolation: Transaction.Isolation = .readCommitted, mayRepeat: Bool = true,
        _ body: (Transaction) async throws -> Value
    ) async throws -> Value {
        var attempts = 1
        while true {
            let transaction = try await begin(isolation)
            do {
                let value = try await Transaction.$current.withValue(transaction) {
                    try await body(transaction)
                }
                try Task.checkCancellation()
                try await transaction.commit()
                return value
            } catch {
                await transaction.rollBack()
                guard mayRepeat, attempts < limits.transactionAttempts, transaction.mayWinNextTime else {
                    throw error
                }
                let pause = Backoff.pause(
                    after: attempts, first: .milliseconds(2), longest: .milliseconds(200))
                await pool.pause(pause)
                attempts += 1
            }
        }
    }

    private func begin(_ isolation: Transaction.Isolation) async throws -> Transaction {
        if let outer = Transaction.current, outer.isOpen, outer.belongs(to: self) {
            throw DatabaseError(
                .outsideTransaction, "A transaction in a transaction's body would wait for itself.")
        }
        let pool = pool
        return Transaction(on: self, pool, try await pool.lease(), isolation)
    }
}
