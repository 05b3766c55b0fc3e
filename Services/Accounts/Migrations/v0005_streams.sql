-- The session whose samples somebody last listened to, so that CheckStatus goes on with it after a reconnect.
CREATE TABLE accounts.last_stream (
    user_id bigint PRIMARY KEY REFERENCES accounts.account,
    session_id bigint NOT NULL,
    begun_at timestamptz NOT NULL
);
GRANT DELETE ON accounts.last_stream TO accounts;
