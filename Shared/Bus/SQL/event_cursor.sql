-- How far SERVICE has read the event logs of the others, and what it could not handle.
-- Copy into a migration of the service with its name for SERVICE:
--     sed s/SERVICE/billing/g Shared/Bus/SQL/event_cursor.sql > Services/Billing/Migrations/v0004_event_cursor.sql
CREATE TABLE SERVICE.event_cursor (
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
CREATE VIEW SERVICE_view.event_cursor AS
    SELECT consumer, source, transaction_id, sequence, failures, moved_at FROM SERVICE.event_cursor;
GRANT SELECT ON SERVICE_view.event_cursor TO gateway, accounts, billing, reporting;

-- Events that failed too often: set aside, so that they hold up nothing, until somebody has them tried again.
CREATE TABLE SERVICE.event_parked (
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
CREATE VIEW SERVICE_view.event_parked AS
    SELECT consumer, source, sequence, kind, subject, created_at, attempts, error, parked_at, handled_at
    FROM SERVICE.event_parked;
GRANT SELECT ON SERVICE_view.event_parked TO gateway, accounts, billing, reporting;
