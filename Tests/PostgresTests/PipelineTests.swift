import Postgres
import Sockets
import Synchronization
import TestSupport
import Testing

@Suite(.freshDatabase) struct `Statements on one connection` {
    @Test func `are answered to whoever asked`() async throws {
        let database = try FreshDatabase.current.database
        let answers = try await withThrowingTaskGroup(of: (Int64, Int64).self) { group in
            for number in 0..<2_000 as Range<Int64> {
                group.addTask { (number, try await database.run("SELECT \(number)")) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 2_000)
        #expect(answers.allSatisfy { $0 == $1 })
    }

    @Test func `run in the order in which they were sent`() async throws {
        let settings = try FreshDatabase.current.settings(poolSize: 1)
        let loops = try EventLoops(count: 1)
        let database = try Database(settings, on: loops)
        try await database.run("CREATE TABLE public.log (place bigserial, number bigint)")
        let loop = loops.all[0]

        // Tasks that begin on one loop, each of which sends its statement before the next begins.
        let tasks = try await loop.run {
            (0..<100 as Range<Int64>).map { number in
                Task.immediate(executorPreference: loop) {
                    try await database.run("INSERT INTO public.log (number) VALUES (\(number))")
                }
            }
        }
        for task in tasks { try await task.value }

        let numbers: [Int64] = try await database.run("SELECT number FROM public.log ORDER BY place")
        #expect(numbers == Array(0..<100))
        await database.close()
        await loops.stop()
    }

    @Test func `fail alone`() async throws {
        let database = try FreshDatabase.current.database
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 as Range<Int64> {
                group.addTask {
                    let answer: Int64? = try? await database.run("SELECT 1 / (\(number) % 10)")
                    return (answer == nil) == (number % 10 == 0)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.allSatisfy { $0 })
    }

    @Test func `may be more than a session prepares`() async throws {
        var settings = try FreshDatabase.current.settings(poolSize: 1)
        settings.limits.preparedStatements = 3
        let loops = try EventLoops(count: 1)
        let database = try Database(settings, on: loops)
        for _ in 0..<3 {
            #expect(try await database.run("SELECT 1") as Int32 == 1)
            #expect(try await database.run("SELECT 2") as Int32 == 2)
            #expect(try await database.run("SELECT 3") as Int32 == 3)
            #expect(try await database.run("SELECT 4") as Int32 == 4)
            #expect(try await database.run("SELECT 5") as Int32 == 5)
        }
        let names: Int64 = try await database.run("SELECT count(name) FROM pg_prepared_statements")
        #expect(names <= 4)
        await database.close()
        await loops.stop()
    }

    @Test func `are prepared anew after a migration beside them`() async throws {
        let database = try FreshDatabase.current.database
        try await database.run("CREATE TABLE public.thing (id bigint)")
        try await database.run("INSERT INTO public.thing VALUES (7)")
        func read() async throws -> Int64 { try await database.run("SELECT id FROM public.thing") }
        for _ in 0..<4 { #expect(try await read() == 7) }

        try await database.run("ALTER TABLE public.thing ALTER COLUMN id TYPE integer")

        for _ in 0..<4 { #expect(try await read() == 7) }
    }

    @Test func `that last too long are cancelled, and their neighbours are not`() async throws {
        let database = try FreshDatabase.current.database
        async let neighbours = withThrowingTaskGroup(of: Int64.self) { group in
            for number in 0..<50 as Range<Int64> {
                group.addTask { try await database.run("SELECT \(number)") }
            }
            return try await group.reduce(0, +)
        }
        let error = await #expect(throws: DatabaseError.self) {
            try await database.run("SELECT pg_sleep(60)", within: .milliseconds(100))
        }
        #expect(error?.kind == .deadlineExceeded(.impossible))
        let sum = try await neighbours
        #expect(sum == 49 * 25)
    }

    @Test func `of a cancelled task are cancelled on the server`() async throws {
        let database = try FreshDatabase.current.database
        let started = try FreshDatabase.current.database(as: .superuser)
        let task = Task { try await database.run("SELECT pg_sleep(60)") }
        try await Wait.until {
            try await started.run(
                "SELECT count(pid) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active' AND datname = current_database()"
            )
        }

        task.cancel()

        await #expect(throws: CancellationError.self) { try await task.value }
        try await Wait.until {
            try await started.run(
                "SELECT count(pid) = 0 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active' AND datname = current_database()"
            )
        }
    }
}

/// Asks until the answer is yes; each question is a round trip to the server, so nothing spins.
enum Wait {
    static func until(_ condition: () async throws -> Bool) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while try await !condition() {
            try #require(clock.now < end, "waited too long")
            await Task.yield()
        }
    }
}
