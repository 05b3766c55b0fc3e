-- A start or stop that somebody waits for on the client WebSocket; the newest of each person.
CREATE TABLE accounts.pending_action (
    user_id bigint PRIMARY KEY REFERENCES accounts.account,
    kind text NOT NULL CHECK (kind IN ('start', 'stop')),
    session_id bigint NOT NULL,
    begun_at timestamptz NOT NULL
);
GRANT DELETE ON accounts.pending_action TO accounts;
