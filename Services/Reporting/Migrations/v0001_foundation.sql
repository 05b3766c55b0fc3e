-- What every service stands on: event log and cursors (Shared/Bus), jobs (Shared/Jobs), idempotency keys, API part and audit (Shared/Hosting).

-- What reporting announces: rows written in the transaction of the fact, read by the others from their cursors.
CREATE TABLE reporting.event_log (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Sequence numbers can commit out of order; this tells which transactions were still running.
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    kind text NOT NULL,
    -- The session, user or charge point that it is about.
    subject text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX event_log_reading_order ON reporting.event_log (transaction_id, sequence);
CREATE INDEX event_log_age ON reporting.event_log (created_at);
GRANT DELETE ON reporting.event_log TO reporting;

CREATE VIEW reporting_view.event AS
    SELECT sequence, transaction_id, kind, subject, payload, created_at FROM reporting.event_log;
GRANT SELECT ON reporting_view.event TO gateway, accounts, billing, reporting;

-- How far reporting has read the event logs of the others, and what it could not handle.
CREATE TABLE reporting.event_cursor (
    consumer text NOT NULL,
    source text NOT NULL,
    -- Everything up to here, in the order of (transaction_id, sequence), is done.
    transaction_id xid8 NOT NULL,
    sequence bigint NOT NULL,
    -- Of the event behind the cursor: how often it failed, and when it is tried again.
    failures integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    -- Who handles events outside a transaction, and until when the others leave it alone.
    leased_by text,
    leased_until timestamptz,
    moved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, source)
);
CREATE VIEW reporting_view.event_cursor AS
    SELECT consumer, source, transaction_id, sequence, failures, moved_at FROM reporting.event_cursor;
GRANT SELECT ON reporting_view.event_cursor TO gateway, accounts, billing, reporting;

-- Events that failed too often: set aside, so that they hold up nothing, until somebody has them tried again.
CREATE TABLE reporting.event_parked (
    consumer text NOT NULL,
    source text NOT NULL,
    sequence bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    error text NOT NULL,
    parked_at timestamptz NOT NULL,
    handled_at timestamptz,
    PRIMARY KEY (consumer, source, sequence)
);
CREATE VIEW reporting_view.event_parked AS
    SELECT consumer, source, sequence, kind, subject, created_at, attempts, error, parked_at, handled_at
    FROM reporting.event_parked;
GRANT SELECT ON reporting_view.event_parked TO gateway, accounts, billing, reporting;

-- What reporting ran on a schedule: one row for each job and key, so that no instance runs it twice.
CREATE TABLE reporting.job_run (
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
CREATE INDEX job_run_age ON reporting.job_run (started_at);
GRANT DELETE ON reporting.job_run TO reporting;

CREATE VIEW reporting_view.job_run AS
    SELECT job, key, due_at, state, attempts, instance, started_at, finished_at, result, error FROM reporting.job_run;
GRANT SELECT ON reporting_view.job_run TO gateway, accounts, billing, reporting;


-- Answers to requests with an Idempotency-Key, for 24 hours (api.md 1.9). Without a status the first request is still running.
CREATE TABLE reporting.idempotency_key (
    user_id bigint NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_digest text NOT NULL,
    status smallint,
    content_type text,
    body text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, route, key)
);
CREATE INDEX idempotency_key_age ON reporting.idempotency_key (created_at);
GRANT DELETE ON reporting.idempotency_key TO reporting;

-- This service's part of the API's document, written at each start; accounts merges the parts.
CREATE TABLE reporting.api_part (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    part jsonb NOT NULL,
    version text NOT NULL,
    written_at timestamptz NOT NULL
);
CREATE VIEW reporting_view.api_part AS SELECT part, version, written_at FROM reporting.api_part;
GRANT SELECT ON reporting_view.api_part TO accounts;

-- Who changed rights, money or configuration, and how (api.md 4.11). Numbers are unique across the services: each counts in steps of
-- ten from its own first number. Append-only: nobody may update or delete.
CREATE TABLE reporting.audit_entry (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 4 INCREMENT BY 10) PRIMARY KEY,
    user_id bigint,
    action text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    ip_address text,
    request_id text,
    created_at timestamptz NOT NULL
);
CREATE INDEX audit_entry_newest ON reporting.audit_entry (created_at DESC, id DESC);
CREATE INDEX audit_entry_of_user ON reporting.audit_entry (user_id, created_at DESC);
REVOKE UPDATE ON reporting.audit_entry FROM reporting;
CREATE VIEW reporting_view.audit_entry AS
    SELECT id, user_id, action, details, ip_address, request_id, created_at FROM reporting.audit_entry;
GRANT SELECT ON reporting_view.audit_entry TO reporting;
