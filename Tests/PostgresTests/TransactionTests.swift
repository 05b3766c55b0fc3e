import Postgres
import Sockets
import Synchronization
import TestSupport
import Testing

@Suite(.freshDatabase) struct `A transaction` {
    private func account() async throws -> Database {
        let database = try FreshDatabase.current.database
        try await database.run("CREATE TABLE public.account (id bigint PRIMARY KEY, balance bigint NOT NULL)")
        try await database.run("INSERT INTO public.account VALUES (1, 100), (2, 100)")
        return database
    }

    private func balances(_ database: Database) async throws -> [Int64] {
        try await database.run("SELECT balance FROM public.account ORDER BY id")
    }

    @Test func `commits what its body did`() async throws {
        let database = try await account()
        let left = try await database.transaction { database -> Int64 in
            try await database.run("UPDATE public.account SET balance = balance - 30 WHERE id = 1")
            try await database.run("UPDATE public.account SET balance = balance + 30 WHERE id = 2")
            return try await database.run("SELECT balance FROM public.account WHERE id = 1")
        }
        #expect(left == 70)
        #expect(try await balances(database) == [70, 130])
    }

    private struct Refused: Error {}

    @Test func `takes everything back when its body throws`() async throws {
        let database = try await account()
        await #expect(throws: Refused.self) {
            try await database.transaction { database in
                try await database.run("UPDATE public.account SET balance = 0")
                throw Refused()
            }
        }
        #expect(try await balances(database) == [100, 100])
    }

    @Test func `takes everything back when its task is cancelled`() async throws {
        let database = try await account()
        let task = Task {
            try await database.transaction { database in
                try await database.run("UPDATE public.account SET balance = 0")
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await balances(database) == [100, 100])
    }

    @Test func `does not commit when its body overlooks a failure`() async throws {
        let database = try await account()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction { database in
                try await database.run("UPDATE public.account SET balance = 0")
                let _: RowCount? = try? await database.run("INSERT INTO public.account VALUES (1, 1)")
            }
        }
        #expect(error?.violatesUnique("account_pkey") == true)
        #expect(try await balances(database) == [100, 100])
    }

    @Test func `goes on after an attempt that failed`() async throws {
        let database = try await account()
        try await database.transaction { database in
            try await database.run("UPDATE public.account SET balance = 1 WHERE id = 1")
            await #expect(throws: DatabaseError.self) {
                try await database.attempt {
                    try await database.run("UPDATE public.account SET balance = 2 WHERE id = 2")
                    try await database.run("INSERT INTO public.account VALUES (1, 1)")
                }
            }
        }
        #expect(try await balances(database) == [1, 100])
    }

    @Test func `that loses a race is run again`() async throws {
        let database = try await account()
        let runs = Counter()
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    try await database.transaction(isolation: .serializable) { database in
                        runs.increase()
                        let balance: Int64 = try await database.run(
                            "SELECT balance FROM public.account WHERE id = 1")
                        try await database.run(
                            "UPDATE public.account SET balance = \(balance + 1) WHERE id = 1")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await balances(database)[0] == 104)
        #expect(runs.value >= 4)
    }

    @Test func `that must not be repeated reports the race`() async throws {
        let database = try await account()
        let other = try FreshDatabase.current.database(as: .superuser)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(isolation: .repeatableRead, mayRepeat: false) { database in
                let _: [Int64] = try await database.run("SELECT balance FROM public.account")
                let _: RowCount = try await Task {
                    try await other.run("UPDATE public.account SET balance = 7 WHERE id = 1")
                }.value
                try await database.run("UPDATE public.account SET balance = 8 WHERE id = 1")
            }
        }
        #expect(error?.state == .serializationFailure)
        #expect(try await balances(database) == [7, 100])
    }

    @Test func `meeting a stale plan is run again`() async throws {
        let database = try await account()
        func total(_ on: some Queryable) async throws -> [Account] {
            try await on.run("SELECT \(columns: Account.self) FROM public.account ORDER BY id")
        }
        // On every connection, so that whichever the transaction gets has the plan.
        for _ in 0..<8 { _ = try await database.transaction { try await total($0) } }
        try await database.run("ALTER TABLE public.account ALTER COLUMN balance TYPE integer")

        for _ in 0..<8 {
            #expect(try await database.transaction { try await total($0) }.map(\.balance) == [100, 100])
        }
    }

    private struct Account: Row {
        static let columns = "id, balance"
        let balance: Int64

        init(_ cells: inout Cells) throws {
            let _: Int64 = try cells.next()
            balance = try cells.next()
        }
    }

    @Test func `refuses statements that stand beside it in its body`() async throws {
        let database = try await account()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction { _ in
                try await database.run("UPDATE public.account SET balance = 0")
            }
        }
        #expect(error?.kind == .outsideTransaction)
    }

    @Test func `refuses statements after its end`() async throws {
        let database = try await account()
        let escaped = try await database.transaction { $0 }
        let error = await #expect(throws: DatabaseError.self) { try await escaped.run("SELECT 1") as Int32 }
        #expect(error?.kind == .transactionOver)
    }

    @Test func `and statements share few connections without starving each other`() async throws {
        let database = try await account()
        try await withThrowingTaskGroup { group in
            for number in 0..<60 as Range<Int64> {
                group.addTask {
                    try await database.transaction { database in
                        let _: Int64 = try await database.run("SELECT \(number)")
                        let _: Int64 = try await database.run("SELECT \(number)")
                    }
                }
                group.addTask { let _: Int64 = try await database.run("SELECT \(number)") }
            }
            try await group.waitForAll()
        }
        let state = await database.state
        #expect(state.leased == 0 && state.waiting == 0 && state.underWay == 0)
    }
}

/// A counter that tasks share.
final class Counter: Sendable {
    private let number = Atomic<Int>(0)
    var value: Int { number.load(ordering: .relaxed) }
    func increase() { number.add(1, ordering: .relaxed) }
}
