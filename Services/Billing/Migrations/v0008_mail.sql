-- Mail on its way. What has been sent is deleted.
CREATE TABLE billing.mail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text NOT NULL UNIQUE,
    sender text NOT NULL,
    recipient text NOT NULL,
    message bytea NOT NULL,
    written_at timestamptz NOT NULL,
    -- When it is tried next; put off by whoever tries it now, so that a process that dies loses none.
    due_at timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0
);
CREATE INDEX mail_due ON billing.mail (due_at, id);
GRANT DELETE ON billing.mail TO billing;
