-- What operators read of requests (api.md 4.12), written by Shared/Hosting.
CREATE TABLE reporting.back_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    logged_at timestamptz NOT NULL,
    level text NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    category text NOT NULL,
    text text NOT NULL
);
CREATE INDEX back_log_time ON reporting.back_log (logged_at, id);
GRANT DELETE ON reporting.back_log TO reporting;
REVOKE UPDATE ON reporting.back_log FROM reporting;
CREATE VIEW reporting_view.back_log AS SELECT id, logged_at, level, category, text FROM reporting.back_log;
GRANT SELECT ON reporting_view.back_log TO reporting;
