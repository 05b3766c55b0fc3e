package import Jobs
package import Lifecycle

extension Host {
    /// A part that runs these jobs when they are due, each once across all instances, and cleans up after the host.
    package func jobs(_ jobs: [Job]) -> Part {
        let answers = KeptAnswers(database, of: service, clock: clock)
        let cleanUp = Job("idempotency keys", .every(seconds: 3_600)) { _ in
            ["forgotten": try await answers.forgetOld()]
        }
        let scheduler = JobScheduler(
            jobs + [cleanUp], of: service.schema, in: settings.jobsZone, on: database, redis: redis,
            loop: nextLoop(), clock: clock, log: log, metrics: metrics)
        return task("jobs") { await scheduler.run() }
    }
}
