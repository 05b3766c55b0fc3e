-- Archives of the whole database (api.md 2.4.4): who asked for them, and what became of them. The files are in BACKUP_FOLDER.
CREATE TABLE reporting.backup (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('pending', 'ready', 'failed')),
    note text,
    -- NULL: the schedule's own.
    created_by bigint,
    created_at timestamptz NOT NULL,
    -- Who is at it, and until when the others leave it alone.
    leased_by text,
    leased_until timestamptz,
    finished_at timestamptz,
    file text,
    size bigint,
    sha256 text,
    tables jsonb NOT NULL DEFAULT '{}',
    error text
);
-- One at a time, whoever asks and however many instances there are.
CREATE UNIQUE INDEX backup_under_way ON reporting.backup ((true)) WHERE status = 'pending';
GRANT DELETE ON reporting.backup TO reporting;
