-- Exports that people ask for: made in the background, in the order of asking, by whichever instance comes first.
CREATE TABLE reporting.export_task (
    -- What the file in EXPORT_FOLDER is called; never anything that came from outside.
    task_id text PRIMARY KEY CHECK (task_id ~ '^[0-9a-f]{32}$'),
    user_id bigint NOT NULL,
    email text NOT NULL,
    state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'PROGRESS', 'SUCCESS', 'FAILURE')),
    rows_done bigint NOT NULL DEFAULT 0,
    rows_total bigint NOT NULL DEFAULT 0,
    -- What its owner knows it by.
    filename text NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    -- Until when whoever works on it is believed to be alive.
    leased_until timestamptz,
    error text,
    asked_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX export_task_waiting ON reporting.export_task (asked_at) WHERE state IN ('PENDING', 'PROGRESS');
CREATE INDEX export_task_of_user ON reporting.export_task (user_id, filename, asked_at DESC);
CREATE INDEX export_task_age ON reporting.export_task (asked_at);
GRANT DELETE ON reporting.export_task TO reporting;
