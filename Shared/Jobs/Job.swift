import Core
package import FoundationEssentials

/// Work that is done on a schedule, once for each occasion across all instances of a service.
package struct Job: Sendable {
    /// What a job knows about the run that it is in.
    package struct Run: Sendable {
        /// The occasion: what the job is to be about, however late it runs.
        package let dueAt: Date
        package let key: String
        /// From 1.
        package let attempt: Int
    }

    package let name: String
    package let schedule: Schedule
    /// How late an occasion may be begun, for instance after the service was down; later it is left out.
    package let grace: Duration
    /// How often a run that failed is tried in all. Jobs that run every few seconds have their next occasion instead.
    package let attempts: Int
    package let retryAfter: Duration
    /// How long a run is believed to be alive. It is extended while the instance lives, and taken over when that has died.
    package let lease: Duration
    /// What is done. Safe to repeat: an instance may die after the work and before it is written down. What it returns is
    /// kept with the run, as JSON.
    let work: @Sendable (Run) async throws -> any Encodable & Sendable

    package init(
        _ name: String, _ schedule: Schedule, grace: Duration = .seconds(6 * 3_600), attempts: Int = 5,
        retryAfter: Duration = .seconds(300), lease: Duration = .seconds(60),
        _ work: @escaping @Sendable (Run) async throws -> any Encodable & Sendable
    ) {
        self.name = name
        self.schedule = schedule
        self.grace = grace
        self.attempts = attempts
        self.retryAfter = retryAfter
        self.lease = lease
        self.work = work
    }

    var repeatsSoon: Bool {
        if case .every = schedule { true } else { false }
    }
}
