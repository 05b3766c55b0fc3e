import Contracts
import Core
import FoundationEssentials
import Jobs
import Postgres
import Redis
import Sockets
import Telemetry
import TestSupport
import Testing

/// What stands in the table of a job's occasion.
private struct Record: RowDecodable, Equatable, Sendable {
    var state: String
    var attempts: Int32
    var result: String?
    var error: String?

    init(_ cells: inout Cells) throws {
        state = try cells.next()
        attempts = try cells.next()
        result = try cells.next()
        error = try cells.next()
    }
}

/// Instances of billing with the same jobs.
private struct Shift: Sendable {
    let clock: ManualClock
    let zone: TimeZone

    /// - Parameter now: by default 10:30 UTC, 11:30 in Prague.
    init(at now: String = "2026-11-20T10:30:00Z") throws {
        clock = ManualClock(try #require(Timestamp(now)).date)
        zone = try #require(TimeZone.named("Europe/Prague"))
    }

    func instance(_ jobs: [Job], redis: RedisClient? = nil) throws -> JobScheduler {
        JobScheduler(
            jobs, of: "billing", in: zone, on: try FreshDatabase.current.database, redis: redis,
            loop: TestLoops.shared.next(), clock: clock.clock, log: Surroundings.log(.billing),
            metrics: .init(service: "billing"))
    }

    /// Due this morning.
    func daily(
        _ name: String = "dunning", grace: Duration = .seconds(6 * 3_600), attempts: Int = 5,
        _ work: @escaping @Sendable (Job.Run) async throws -> any Encodable & Sendable
    ) throws -> Job {
        Job(
            name, .daily(at: try #require(TimeOfDay("09:00"))), grace: grace, attempts: attempts,
            retryAfter: .seconds(300), work)
    }

    func record(_ job: String = "dunning", _ key: String = "2026-11-20") async throws -> Record {
        try await FreshDatabase.current.database.run(
            """
            SELECT state, attempts, result::text, error FROM billing.job_run WHERE job = \(job) AND key = \(key)
            """)
    }
}

@Suite(.suite(as: .billing), .freshRedis) struct `A job` {
    private struct Paid: Encodable { let sessions: Int }
    private struct Failed: Error {}

    @Test(arguments: [true, false])
    func `runs once for an occasion, however many instances have it`(hasRedis: Bool) async throws {
        let shift = try Shift()
        let runs = Noted<String>()
        let job = try shift.daily { run in
            runs.add(run.key)
            return Paid(sessions: 3)
        }
        let instances = try (0..<6).map { _ in
            try shift.instance([job], redis: hasRedis ? FreshRedis.current.client() : nil)
        }

        let ran = try await withThrowingTaskGroup(of: [String].self) { group in
            for instance in instances { group.addTask { try await instance.runDue() } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        // Again, when those who were refused would ask anew.
        shift.clock.advance(by: .seconds(10))
        for instance in instances { #expect(try await instance.runDue() == []) }

        #expect(ran == ["dunning"])
        #expect(runs.all == ["2026-11-20"])
        let record = try await shift.record()
        #expect((record.state, record.attempts, record.result) == ("done", 1, #"{"sessions": 3}"#))
    }

    @Test func `runs without Redis`() async throws {
        let shift = try Shift()
        let redis = FreshRedis.current.client()
        FreshRedis.current.stop()
        try await Wait.until { await redis.connections == 0 }
        let instance = try shift.instance([try shift.daily { _ in "done" }], redis: redis)

        #expect(try await instance.runDue() == ["dunning"])
    }

    @Test func `is made up for when the service was down, if it is not too late`() async throws {
        let shift = try Shift()
        let runs = Noted<String>()
        let patient = try shift.daily("patient", grace: .seconds(6 * 3_600)) { run in
            runs.add("patient \(run.key)")
            return 0
        }
        let punctual = try shift.daily("punctual", grace: .seconds(3_600)) { run in
            runs.add("punctual \(run.key)")
            return 0
        }
        let instance = try shift.instance([patient, punctual])

        // Two and a half hours late.
        #expect(try await instance.runDue() == ["patient"])
        shift.clock.advance(by: .seconds(22 * 3_600))
        #expect(try await instance.runDue() == ["patient", "punctual"])

        #expect(runs.all == ["patient 2026-11-20", "patient 2026-11-21", "punctual 2026-11-21"])
    }

    @Test func `of several missed occasions makes up for the last`() async throws {
        let shift = try Shift()
        let runs = Noted<String>()
        let instance = try shift.instance([
            try shift.daily { run in
                runs.add(run.key)
                return 0
            }
        ])
        #expect(try await instance.runDue() == ["dunning"])

        shift.clock.advance(by: .seconds(5 * 86_400))
        #expect(try await instance.runDue() == ["dunning"])
        #expect(try await instance.runDue() == [])

        #expect(runs.all == ["2026-11-20", "2026-11-25"])
    }

    @Test func `that fails is noted and tried again, later and not for ever`() async throws {
        let shift = try Shift()
        let runs = Noted<Int>()
        let instance = try shift.instance([
            try shift.daily(attempts: 3) { run in
                runs.add(run.attempt)
                throw Failed()
            }
        ])

        for attempt in 1...3 as ClosedRange<Int32> {
            #expect(try await instance.runDue() == ["dunning"])
            let record = try await shift.record()
            #expect((record.state, record.attempts, record.error) == ("failed", attempt, "Failed()"))
            shift.clock.advance(by: .seconds(299))
            #expect(try await instance.runDue() == [])
            shift.clock.advance(by: .seconds(1))
        }
        shift.clock.advance(by: .seconds(3_600))
        #expect(try await instance.runDue() == [])

        #expect(runs.all == [1, 2, 3])
        // The next day is another occasion.
        shift.clock.advance(by: .seconds(86_400 - 4_500))
        #expect(try await instance.runDue() == ["dunning"])
        #expect(runs.all.last == 1)
    }

    @Test func `that was tried again may succeed`() async throws {
        let shift = try Shift()
        let instance = try shift.instance([
            try shift.daily { run in
                guard run.attempt > 1 else { throw Failed() }
                return "well"
            }
        ])

        #expect(try await instance.runDue() == ["dunning"])
        shift.clock.advance(by: .seconds(300))
        #expect(try await instance.runDue() == ["dunning"])

        let record = try await shift.record()
        #expect((record.state, record.attempts, record.result) == ("done", 2, #""well""#))
        #expect(record.error == nil)
    }

    @Test func `of an instance that died is taken over, and the dead one's end changes nothing`() async throws
    {
        let shift = try Shift()
        let began = Signal()
        let goOn = Signal()
        let dead = try shift.instance([
            try shift.daily { _ in
                began.set()
                await goOn.wait()
                return "by the dead"
            }
        ])
        let living = try shift.instance([try shift.daily { run in "by the living, \(run.attempt)" }])

        async let late = dead.runDue()
        await began.wait()
        #expect(try await living.runDue() == [])
        shift.clock.advance(by: .seconds(61))
        #expect(try await living.runDue() == ["dunning"])
        goOn.set()
        _ = try await late

        let record = try await shift.record()
        #expect((record.state, record.attempts, record.result) == ("done", 2, #""by the living, 2""#))
    }

    @Test func `of every few seconds runs once in each interval and keeps one row`() async throws {
        let shift = try Shift()
        let runs = Noted<Date>()
        let job = Job("sweep", .every(seconds: 300)) { run in
            runs.add(run.dueAt)
            if runs.count == 2 { throw Failed() }
            return runs.count
        }
        let instances = try (0..<2).map { _ in try shift.instance([job]) }

        for _ in 0..<4 {
            for instance in instances { _ = try await instance.runDue() }
            shift.clock.advance(by: .seconds(299))
            for instance in instances { #expect(try await instance.runDue() == []) }
            shift.clock.advance(by: .seconds(1))
        }

        let first = try #require(runs.all.first)
        #expect(runs.all == (0..<4).map { first + Double($0) * 300 })
        let record = try await shift.record("sweep", "")
        #expect((record.state, record.attempts, record.result) == ("done", 1, "4"))
        let rows: Int64 = try await FreshDatabase.current.database.run(
            "SELECT count(*) FROM billing.job_run")
        #expect(rows == 1)
    }

    @Test func `runs by itself when its time comes, and is finished before its scheduler is`() async throws {
        let shift = try Shift()
        let began = Signal()
        let goOn = Signal()
        let ended = Noted<Bool>()
        let instance = try shift.instance([
            try shift.daily { _ in
                began.set()
                await goOn.wait()
                ended.add(Task.isCancelled)
                return 0
            }
        ])
        let running = Task(executorPreference: TestLoops.shared.next()) { await instance.run() }

        await began.wait()
        running.cancel()
        goOn.set()
        await running.value

        #expect(ended.count == 1)
        // Written down although its scheduler was told to stop: nobody repeats it.
        #expect(try await shift.record().state == "done")
    }

    @Test func `that is cut short by the end of its instance is taken up by another at once`() async throws {
        let shift = try Shift()
        let began = Signal()
        let leaving = try shift.instance([
            try shift.daily { _ in
                began.set()
                try await TestLoops.shared.next().sleep(for: .seconds(600))
                return "never"
            }
        ])
        let staying = try shift.instance([try shift.daily { _ in "made up for" }])
        let running = Task(executorPreference: TestLoops.shared.next()) { await leaving.run() }
        await began.wait()

        running.cancel()
        await running.value

        #expect(try await staying.runDue() == ["dunning"])
        let record = try await shift.record()
        #expect((record.state, record.attempts, record.result) == ("done", 2, #""made up for""#))
    }

    @Test func `is forgotten when its row is old`() async throws {
        let shift = try Shift()
        let instance = try shift.instance([
            try shift.daily { _ in 0 }, Job("sweep", .every(seconds: 300)) { _ in 0 },
        ])
        #expect(try await instance.runDue() == ["dunning", "sweep"])

        let gone = try await FreshDatabase.current.database.run(
            .forgetJobRuns(of: "billing", before: shift.clock.now + 1))

        #expect(gone.count == 1)
        #expect(try await shift.record("sweep", "").state == "done")
    }
}
