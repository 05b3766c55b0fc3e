-- Mail on its way, and to whom the mail of a job has been written already.

-- What has been sent is deleted: mail may hold codes.
CREATE TABLE reporting.mail (
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
CREATE INDEX mail_due ON reporting.mail (due_at, id);
GRANT DELETE ON reporting.mail TO reporting;

-- Written in the transaction that writes the mail, so that a job that is run again writes nobody twice.
CREATE TABLE reporting.job_letter (
    job text NOT NULL,
    key text NOT NULL,
    user_id bigint NOT NULL,
    written_at timestamptz NOT NULL,
    PRIMARY KEY (job, key, user_id)
);
CREATE INDEX job_letter_age ON reporting.job_letter (written_at);
GRANT DELETE ON reporting.job_letter TO reporting;
