-- What operators read of requests (api.md 4.12), written by Shared/Hosting.
CREATE TABLE accounts.back_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    logged_at timestamptz NOT NULL,
    level text NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    category text NOT NULL,
    text text NOT NULL
);
CREATE INDEX back_log_time ON accounts.back_log (logged_at, id);
GRANT DELETE ON accounts.back_log TO accounts;
REVOKE UPDATE ON accounts.back_log FROM accounts;
CREATE VIEW accounts_view.back_log AS SELECT id, logged_at, level, category, text FROM accounts.back_log;
GRANT SELECT ON accounts_view.back_log TO reporting;
