-- What SERVICE ran on a schedule: one row for each job and key, so that no instance runs it twice.
-- Copy into a migration of the service with its name for SERVICE:
--     sed s/SERVICE/billing/g Shared/Jobs/SQL/job_run.sql > Services/Billing/Migrations/v0005_job_run.sql
CREATE TABLE SERVICE.job_run (
    job text NOT NULL,
    -- The day, the month, or nothing for what runs every few seconds and keeps its last run only.
    key text NOT NULL,
    -- The moment that the schedule named.
    due_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    attempts integer NOT NULL,
    instance text NOT NULL,
    started_at timestamptz NOT NULL,
    -- Until when a run that is not heard of any more is left alone.
    leased_until timestamptz NOT NULL,
    retry_at timestamptz,
    finished_at timestamptz,
    result jsonb,
    error text,
    PRIMARY KEY (job, key)
);
CREATE INDEX job_run_age ON SERVICE.job_run (started_at);
GRANT DELETE ON SERVICE.job_run TO SERVICE;

CREATE VIEW SERVICE_view.job_run AS
    SELECT job, key, due_at, state, attempts, instance, started_at, finished_at, result, error FROM SERVICE.job_run;
GRANT SELECT ON SERVICE_view.job_run TO gateway, accounts, billing, reporting;
