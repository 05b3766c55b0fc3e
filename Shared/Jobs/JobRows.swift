import Core
package import FoundationEssentials
package import Postgres

/// The table of one service's runs, and the statements on it.
struct JobTable: Sendable {
    let schema: StaticString

    /// How often it has been begun, this time included; nil when it is not ours to run: done already, being run, or to be
    /// tried again later only.
    func begin(
        _ job: Job, _ occasion: Schedule.Occasion, by instance: String, at now: Date
    ) -> Query<Int32?> {
        """
        INSERT INTO \(raw: schema).job_run AS run
            (job, key, due_at, state, attempts, instance, started_at, leased_until)
        VALUES (\(job.name), \(occasion.key), \(occasion.dueAt), 'running', 1, \(instance), \(now),
            \(now.adding(job.lease)))
        ON CONFLICT (job, key) DO UPDATE
        SET due_at = excluded.due_at, state = 'running', instance = excluded.instance,
            attempts = CASE WHEN run.due_at = excluded.due_at THEN run.attempts + 1 ELSE 1 END,
            started_at = excluded.started_at, leased_until = excluded.leased_until, retry_at = NULL,
            finished_at = NULL, result = NULL, error = NULL
        WHERE (run.state <> 'running' OR run.leased_until <= \(now))
            AND (run.due_at < excluded.due_at
                OR (run.due_at = excluded.due_at AND run.state = 'running' AND run.attempts < \(Int32(job.attempts)))
                OR (run.due_at = excluded.due_at AND run.state = 'failed' AND run.retry_at <= \(now)))
        RETURNING run.attempts
        """
    }

    /// No row when the run has been taken over.
    func extend(_ job: Job, _ occasion: Schedule.Occasion, by instance: String, until end: Date) -> Query<
        RowCount
    > {
        """
        UPDATE \(raw: schema).job_run
        SET leased_until = \(end)
        WHERE \(ours(job, occasion, instance))
        """
    }

    func finish(
        _ job: Job, _ occasion: Schedule.Occasion, by instance: String, at now: Date, result: String
    ) -> Query<RowCount> {
        """
        UPDATE \(raw: schema).job_run
        SET state = 'done', finished_at = \(now), result = \(result)::jsonb
        WHERE \(ours(job, occasion, instance))
        """
    }

    func fail(
        _ job: Job, _ occasion: Schedule.Occasion, by instance: String, at now: Date, retryAt: Date?,
        error: String
    ) -> Query<RowCount> {
        """
        UPDATE \(raw: schema).job_run
        SET state = 'failed', finished_at = \(now), retry_at = \(retryAt as Date?), error = \(error)
        WHERE \(ours(job, occasion, instance))
        """
    }

    private func ours(_ job: Job, _ occasion: Schedule.Occasion, _ instance: String) -> SQL {
        """
        job = \(job.name) AND key = \(occasion.key) AND due_at = \(occasion.dueAt) AND instance = \(instance)
            AND state = 'running'
        """
    }
}

extension Query where Result == RowCount {
    /// Deletes runs that began before `date`; rows of jobs that run every few seconds are their last run and stay.
    package static func forgetJobRuns(of schema: StaticString, before date: Date) -> Self {
        "DELETE FROM \(raw: schema).job_run WHERE started_at < \(date) AND key <> ''"
    }
}

extension Date {
    func adding(_ duration: Duration) -> Date { self + Double(duration.wholeMilliseconds) / 1_000 }
}
