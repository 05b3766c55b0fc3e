-- Reports that people ask for as documents (api.md 2.4.2): made in the background, kept for EXPORT_RETENTION_DAYS. The files are in
-- STORAGE_FOLDER.
CREATE TABLE reporting.document (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type text NOT NULL CHECK (type IN ('Usage', 'Cost', 'Statistics', 'Invoice')),
    scope text NOT NULL CHECK (scope IN ('self', 'all')),
    format text NOT NULL CHECK (format IN ('pdf', 'csv', 'xlsx')),
    begins_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    user_id bigint NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'ready', 'failed')),
    rows_done bigint NOT NULL DEFAULT 0,
    attempts smallint NOT NULL DEFAULT 0,
    -- Until when whoever works on it is believed to be alive.
    leased_until timestamptz,
    error text,
    size bigint,
    asked_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX document_waiting ON reporting.document (id) WHERE status = 'pending';
CREATE INDEX document_of_user ON reporting.document (user_id, id DESC);
CREATE INDEX document_age ON reporting.document (asked_at);
GRANT DELETE ON reporting.document TO reporting;
