-- What Hosting keeps for SERVICE. Copy into a migration of the service with its name for SERVICE and its FIRST audit number:
--     sed 's/SERVICE/billing/g; s/FIRST/3/' Shared/Hosting/SQL/hosting.sql > Services/Billing/Migrations/v0001_foundation.sql

-- Answers to requests with an Idempotency-Key, for 24 hours (api.md 1.9). Without a status the first request is still running.
CREATE TABLE SERVICE.idempotency_key (
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
CREATE INDEX idempotency_key_age ON SERVICE.idempotency_key (created_at);
GRANT DELETE ON SERVICE.idempotency_key TO SERVICE;

-- This service's part of the API's document, written at each start; accounts merges the parts.
CREATE TABLE SERVICE.api_part (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    part jsonb NOT NULL,
    version text NOT NULL,
    written_at timestamptz NOT NULL
);
CREATE VIEW SERVICE_view.api_part AS SELECT part, version, written_at FROM SERVICE.api_part;
GRANT SELECT ON SERVICE_view.api_part TO accounts;

-- Who changed rights, money or configuration, and how (api.md 4.11). Numbers are unique across the services: each counts in steps of
-- ten from its own first number. Append-only: nobody may update or delete.
CREATE TABLE SERVICE.audit_entry (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH FIRST INCREMENT BY 10) PRIMARY KEY,
    user_id bigint,
    action text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    ip_address text,
    request_id text,
    created_at timestamptz NOT NULL
);
CREATE INDEX audit_entry_newest ON SERVICE.audit_entry (created_at DESC, id DESC);
CREATE INDEX audit_entry_of_user ON SERVICE.audit_entry (user_id, created_at DESC);
REVOKE UPDATE ON SERVICE.audit_entry FROM SERVICE;
CREATE VIEW SERVICE_view.audit_entry AS
    SELECT id, user_id, action, details, ip_address, request_id, created_at FROM SERVICE.audit_entry;
GRANT SELECT ON SERVICE_view.audit_entry TO reporting;
