import Bus
import Contracts
import Core
import FoundationEssentials
package import Jobs
package import Lifecycle
import Postgres

extension Host {
    /// A part that runs these jobs when they are due, each once across all instances, and cleans up after the host.
    package func jobs(_ jobs: [Job]) -> Part {
        let scheduler = JobScheduler(
            jobs + [forgetAnswers, forgetEvents] + forgetBackLog, of: service.schema, in: settings.jobsZone,
            on: database,
            redis: redis, loop: nextLoop(), clock: clock, log: log, metrics: metrics)
        return task("jobs") { await scheduler.run() }
    }

    private var forgetAnswers: Job {
        let answers = KeptAnswers(database, of: service, clock: clock)
        return Job("idempotency keys", .every(seconds: 3_600)) { _ in
            ["forgotten": try await answers.forgetOld()]
        }
    }

    /// LOG_RETENTION_DAYS.
    private var forgetBackLog: [Job] {
        guard let backLog else { return [] }
        let (clock, kept) = (clock, TimeInterval(settings.logRetention.components.seconds))
        return [
            Job("back log", .every(seconds: 3_600)) { _ in
                ["forgotten": try await backLog.forget(before: clock.now - kept)]
            }
        ]
    }

    /// EVENT_LOG_RETENTION_DAYS, and never what a reader has not had.
    private var forgetEvents: Job {
        let (database, clock, service) = (database, clock, service)
        let kept = TimeInterval(settings.eventLogRetention.components.seconds)
        let readers = Service.allCases.filter { $0 != service }
        return Job("event log", .every(seconds: 3_600)) { _ in
            let forgotten = try await database.run(
                .forgetEvents(of: service, before: clock.now - kept, passedBy: readers))
            return ["forgotten": forgotten.count]
        }
    }
}
