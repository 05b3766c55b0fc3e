-- One-time tags that an app shows as a QR picture, for stations that have a scanner. Only their digests are kept.
CREATE TABLE accounts.start_token (
    -- SHA-256 of the 20 hexadecimal digits.
    token_digest bytea PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES accounts.account,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- When the client socket heard that its session began: once.
    told_at timestamptz
);
CREATE INDEX start_token_of_user ON accounts.start_token (user_id, created_at);
CREATE INDEX start_token_end ON accounts.start_token (expires_at);
GRANT DELETE ON accounts.start_token TO accounts;

CREATE VIEW accounts_view.start_token AS SELECT token_digest, user_id, expires_at FROM accounts.start_token;
GRANT SELECT ON accounts_view.start_token TO gateway;
