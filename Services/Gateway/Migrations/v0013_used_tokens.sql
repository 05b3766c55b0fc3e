-- One-time tags that a session was begun with: each begins one.
CREATE TABLE gateway.used_token (
    -- SHA-256 of the tag, as accounts keeps it.
    token_digest bytea PRIMARY KEY,
    used_at timestamptz NOT NULL,
    -- Set in the same transaction.
    session_id bigint
);
CREATE INDEX used_token_time ON gateway.used_token (used_at);
GRANT DELETE ON gateway.used_token TO gateway;

CREATE VIEW gateway_view.used_token AS SELECT token_digest, used_at, session_id FROM gateway.used_token;
GRANT SELECT ON gateway_view.used_token TO accounts;
