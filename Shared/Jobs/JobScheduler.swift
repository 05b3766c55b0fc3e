package import Core
package import FoundationEssentials
package import Postgres
package import Redis
package import Sockets
package import Telemetry

/// Runs a service's jobs when they are due. Any number of instances may have the same jobs: PostgreSQL decides who runs
/// which occasion, and a lock in Redis only keeps the others from asking.
package actor JobScheduler {
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private nonisolated let loop: EventLoop
    private let schema: StaticString
    private let jobs: [Job]
    private let zone: TimeZone
    private let database: Database
    private let redis: RedisClient?
    private let clock: Clock
    private let log: Log
    private let table: JobTable
    private let instance: String
    private let doorbell: Doorbell
    private let results: Family<Counter>
    private let durations: Family<Histogram>
    /// Jobs that this instance is running.
    private var underWay: Set<String> = []
    /// Until when there is no reason to ask for a job again.
    private var settled: [String: Settled] = [:]

    private struct Settled {
        let dueAt: Date
        let until: Date
    }

    /// - Parameters:
    ///   - schema: of the service whose migrations made `job_run`.
    ///   - zone: what daily and monthly mean.
    ///   - redis: nil asks PostgreSQL each time.
    package init(
        _ jobs: [Job], of schema: StaticString, in zone: TimeZone, on database: Database, redis: RedisClient?,
        loop: EventLoop, clock: Clock = .system, log: Log, metrics: Metrics
    ) {
        precondition(Set(jobs.map(\.name)).count == jobs.count, "each job has its own name")
        self.jobs = jobs
        self.schema = schema
        self.zone = zone
        self.database = database
        self.redis = redis
        self.loop = loop
        self.clock = clock
        self.log = log
        table = JobTable(schema: schema)
        doorbell = Doorbell(on: loop)
        instance = String(UInt64.random(in: .min ... .max), radix: 16)
        results = metrics.counters(
            "voltbus_jobs_total", "Runs of scheduled jobs by how they ended.", labels: ["job", "result"])
        durations = metrics.histograms(
            "voltbus_job_seconds", "How long runs of scheduled jobs took.", labels: ["job"])
    }

    /// Runs what is due, until the task is cancelled, and then waits for what is under way.
    package func run() async {
        let preference: any TaskExecutor = loop
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for job in jobs where !underWay.contains(job.name) && mayBeDue(job) {
                    underWay.insert(job.name)
                    group.addTask(executorPreference: preference) { await self.attempt(job) }
                }
                await doorbell.wait(atMost: patience)
            }
        }
    }

    /// Until the next occasion of any job, and at most a second, within which what others failed at comes up too.
    private var patience: Duration {
        let now = clock.now
        let next = jobs.map { $0.schedule.next(after: now, in: zone) }.min() ?? now + 1
        return .milliseconds(max(1, Int64(min(next.timeIntervalSince(now), 1) * 1_000) + 1))
    }

    private func mayBeDue(_ job: Job) -> Bool {
        let now = clock.now
        let occasion = job.schedule.latest(at: now, in: zone)
        guard now < occasion.dueAt.adding(job.grace) else { return false }
        guard let settled = settled[job.name] else { return true }
        return settled.dueAt < occasion.dueAt || settled.until <= now
    }

    private func attempt(_ job: Job) async {
        do { _ = try await runIfDue(job) } catch {
            log.warning("jobs.cannot_begin", ["job": .text(job.name), "error": .text("\(error)")])
        }
        underWay.remove(job.name)
    }

    /// Runs every job that is due now and that no instance has run; answers their names. For tests and for `run-now` doors.
    package func runDue() async throws -> [String] {
        var ran: [String] = []
        for job in jobs where mayBeDue(job) {
            if try await runIfDue(job) { ran.append(job.name) }
        }
        return ran
    }

    private func runIfDue(_ job: Job) async throws -> Bool {
        let now = clock.now
        let occasion = job.schedule.latest(at: now, in: zone)
        guard let lock = await lock(job, occasion) else {
            settle(job, occasion, for: .seconds(5))
            return false
        }
        guard let attempt = try await database.run(table.begin(job, occasion, by: instance, at: now)) else {
            settle(job, occasion, for: .seconds(5))
            await lock.release()
            return false
        }
        let run = Job.Run(dueAt: occasion.dueAt, key: occasion.key, attempt: Int(attempt))
        await carryOut(job, occasion, run)
        await lock.release()
        return true
    }

    /// Nobody else needs to be asked about this occasion for a while: a job of every second is not asked for each turn.
    private func settle(_ job: Job, _ occasion: Schedule.Occasion, for duration: Duration) {
        settled[job.name] = Settled(dueAt: occasion.dueAt, until: clock.now.adding(duration))
    }

    private func carryOut(_ job: Job, _ occasion: Schedule.Occasion, _ run: Job.Run) async {
        let began = clock.monotonic
        let outcome = await outcome(of: job, occasion, run)
        let duration = clock.monotonic - began
        durations.with(job.name).observe(duration)
        let now = clock.now
        var event = LogEvent("job.run", .info, ["job": .text(job.name), "key": .text(occasion.key)])
        event["attempt"] = .count(run.attempt)
        event["ms"] = .milliseconds(duration)
        let record: Query<RowCount>
        switch outcome {
        case .success(let result):
            record = table.finish(job, occasion, by: instance, at: now, result: result)
            settle(job, occasion, for: .seconds(3_600))
            results.with(job.name, "done").add()
        case .failure(let error):
            // Cut short because this instance stops: another may go on with it at once.
            let isCutShort = Task.isCancelled
            let isLast = !isCutShort && (job.repeatsSoon || run.attempt >= job.attempts)
            let retryAt = isLast ? nil : isCutShort ? now : now.adding(job.retryAfter)
            record = table.fail(
                job, occasion, by: instance, at: now, retryAt: retryAt,
                error: String("\(error)".prefix(1_000)))
            settle(job, occasion, for: isLast ? .seconds(3_600) : job.retryAfter)
            results.with(job.name, "failed").add()
            event.level = .error
            event.fail(error)
        }
        do {
            if try await write(record).count == 0 { event["taken_over"] = true }
        } catch {
            // The lease runs out, and the run is repeated: jobs are safe to repeat.
            event.level = .error
            event["unrecorded"] = .text("\(error)")
        }
        log.write(event)
    }

    /// Also when this instance is being stopped: otherwise the others would wait for the end of a lease, and repeat what
    /// was done.
    private func write(_ record: Query<RowCount>) async throws -> RowCount {
        let (database, preference) = (database, loop as any TaskExecutor)
        return try await Task(executorPreference: preference) { try await database.run(record) }.value
    }

    /// Does the work while a second task says that it is alive.
    private func outcome(
        of job: Job, _ occasion: Schedule.Occasion, _ run: Job.Run
    ) async -> Result<String, any Error> {
        let (loop, database, table, instance, clock) = (loop, database, table, instance, clock)
        let preference: any TaskExecutor = loop
        return await withTaskGroup(of: Result<String, any Error>?.self) { group in
            group.addTask(executorPreference: preference) {
                do { return .success(JSONWriter.text(AnyResult(try await job.work(run)))) } catch {
                    return .failure(error)
                }
            }
            group.addTask(executorPreference: preference) {
                while !Task.isCancelled {
                    do {
                        try await loop.sleep(for: job.lease / 3)
                        let end = clock.now.adding(job.lease)
                        let held = try await database.run(
                            table.extend(job, occasion, by: instance, until: end))
                        if held.count == 0 { return .failure(JobTakenOver()) }
                    } catch is CancellationError {
                        return nil
                    } catch {
                        // Not heard this time; the next third of the lease is another chance.
                    }
                }
                return nil
            }
            while let outcome = await group.next() {
                guard let outcome else { continue }
                group.cancelAll()
                return outcome
            }
            return .failure(CancellationError())
        }
    }

    private func lock(_ job: Job, _ occasion: Schedule.Occasion) async -> HeldLock? {
        guard let redis else { return HeldLock(lock: nil) }
        do {
            guard let lock = try await redis.lock("vb:job:\(schema):\(job.name)", for: job.lease) else {
                return nil
            }
            return HeldLock(lock: lock)
        } catch {
            // Without Redis the table decides alone.
            return HeldLock(lock: nil)
        }
    }
}

/// Another instance believed this one dead and took the run over.
package struct JobTakenOver: Error {}

/// A lock, or leave to go on without one.
private struct HeldLock {
    let lock: Lock?

    func release() async {
        // It ends by itself.
        _ = try? await lock?.release()
    }
}

/// A result of whatever type, as what it is.
private struct AnyResult: Encodable {
    let value: any Encodable

    init(_ value: any Encodable) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}
