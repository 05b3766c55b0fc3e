import Postgres
import Sockets
import Synchronization
import TestSupport
import Testing

@Suite(.freshDatabase) struct `Rows that come together` {
    private struct Reading: Sendable {
        var station: Int64
        var energy: Int64
    }

    private func table() async throws -> Database {
        let database = try FreshDatabase.current.database
        try await database.run(
            "CREATE TABLE public.reading (station bigint PRIMARY KEY, energy bigint CHECK (energy >= 0))")
        return database
    }

    private func inserts(
        _ database: Database, _ limits: CoalescingLimits = CoalescingLimits(),
        committed: (@Sendable ([Reading]) -> Void)? = nil
    ) -> CoalescingInsert<Reading> {
        CoalescingInsert(into: database, limits: limits, committed: committed) { rows in
            """
            INSERT INTO public.reading (station, energy)
            SELECT t.station, t.energy
            FROM unnest(\(each: rows, \.station), \(each: rows, \.energy)) AS t (station, energy)
            """
        }
    }

    @Test func `are written in few statements, and each caller waits for its own`() async throws {
        let database = try await table()
        let statements = Counter()
        let readings = inserts(database) { _ in statements.increase() }
        try await withThrowingTaskGroup { group in
            for number in 0..<3_000 as Range<Int64> {
                group.addTask { try await readings.insert(Reading(station: number, energy: number)) }
            }
            try await group.waitForAll()
        }
        let count: Int64 = try await database.run("SELECT count(station) FROM public.reading")
        #expect(count == 3_000)
        #expect(statements.value < 1_000)
        #expect(await readings.waiting == 0)
    }

    @Test func `fail one by one`() async throws {
        let database = try await table()
        let readings = inserts(database)
        let failed = await withTaskGroup(of: Int64?.self) { group in
            for number in 0..<1_000 as Range<Int64> {
                group.addTask {
                    do {
                        try await readings.insert(
                            Reading(station: number, energy: number % 100 == 7 ? -1 : 1))
                        return nil
                    } catch {
                        return number
                    }
                }
            }
            return await group.reduce(into: Set<Int64>()) { if let number = $1 { $0.insert(number) } }
        }
        #expect(failed == Set((0..<10).map { $0 * 100 + 7 }))
        let count: Int64 = try await database.run("SELECT count(station) FROM public.reading")
        #expect(count == 990)
    }

    @Test func `are refused when too many wait`() async throws {
        let database = try await table()
        var limits = CoalescingLimits()
        limits.waitingRows = 10
        limits.rowsPerBatch = 5
        let readings = inserts(database, limits)
        let refused = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<500 as Range<Int64> {
                group.addTask {
                    do {
                        try await readings.insert(Reading(station: number, energy: 1))
                        return false
                    } catch {
                        return (error as? DatabaseError)?.kind == .overloaded
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let count: Int64 = try await database.run("SELECT count(station) FROM public.reading")
        #expect(Int(count) + refused == 500)
        await readings.drain()
    }
}
