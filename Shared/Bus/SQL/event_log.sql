-- What SERVICE announces: rows written in the transaction of the fact, read by the others from their cursors.
-- Copy into a migration of the service with its name for SERVICE:
--     sed s/SERVICE/billing/g Shared/Bus/SQL/event_log.sql > Services/Billing/Migrations/v0003_event_log.sql
CREATE TABLE SERVICE.event_log (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Sequence numbers can commit out of order; this tells which transactions were still running.
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    kind text NOT NULL,
    -- The session, user or charge point that it is about.
    subject text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX event_log_reading_order ON SERVICE.event_log (transaction_id, sequence);
CREATE INDEX event_log_age ON SERVICE.event_log (created_at);
GRANT DELETE ON SERVICE.event_log TO SERVICE;

CREATE VIEW SERVICE_view.event AS
    SELECT sequence, transaction_id, kind, subject, payload, created_at FROM SERVICE.event_log;
GRANT SELECT ON SERVICE_view.event TO gateway, accounts, billing, reporting;
