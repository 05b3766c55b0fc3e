-- Mail on its way, codes by mail, and the second factor of a login.

-- What has been sent is deleted: mail may hold codes.
CREATE TABLE accounts.mail (
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
CREATE INDEX mail_due ON accounts.mail (due_at, id);
GRANT DELETE ON accounts.mail TO accounts;

-- A code for whoever forgot a password: one for each address that was typed, whether somebody has it or not, so that the same
-- work is done for both.
CREATE TABLE accounts.password_reset (
    -- Keyed digests, of the address and of the code.
    address_digest bytea PRIMARY KEY,
    user_id bigint REFERENCES accounts.account,
    code_digest bytea NOT NULL,
    wrong_tries smallint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    -- Codes since then, so that nobody's mailbox is filled by somebody else.
    first_at timestamptz NOT NULL,
    codes integer NOT NULL DEFAULT 1
);
CREATE INDEX password_reset_end ON accounts.password_reset (expires_at);
CREATE INDEX password_reset_of_user ON accounts.password_reset (user_id);
GRANT DELETE ON accounts.password_reset TO accounts;

CREATE TABLE accounts.two_factor (
    user_id bigint PRIMARY KEY REFERENCES accounts.account,
    method text NOT NULL CHECK (method IN ('totp', 'email')),
    -- Under SECRET_KEY.
    sealed_secret text,
    -- Until the first code has proved right, logins need none.
    is_active boolean NOT NULL DEFAULT false,
    -- The step of the last code that was accepted: each is good once.
    last_step bigint,
    created_at timestamptz NOT NULL,
    CHECK ((method = 'totp') = (sealed_secret IS NOT NULL))
);
GRANT DELETE ON accounts.two_factor TO accounts;

-- Keyed digests; a used one is deleted.
CREATE TABLE accounts.recovery_code (
    user_id bigint NOT NULL REFERENCES accounts.account,
    code_digest bytea NOT NULL,
    PRIMARY KEY (user_id, code_digest)
);
GRANT DELETE ON accounts.recovery_code TO accounts;

-- The last code that was mailed to somebody as their second factor.
CREATE TABLE accounts.mailed_code (
    user_id bigint PRIMARY KEY REFERENCES accounts.account,
    code_digest bytea NOT NULL,
    wrong_tries smallint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
GRANT DELETE ON accounts.mailed_code TO accounts;
