-- Which gateway carries out a command that was put to all of them. Copy into a migration of SERVICE.
CREATE TABLE SERVICE.command_claim (
    id text PRIMARY KEY,
    kind text NOT NULL,
    claimed_by text NOT NULL,
    claimed_at timestamptz NOT NULL
);
CREATE INDEX command_claim_age ON SERVICE.command_claim (claimed_at);
GRANT DELETE ON SERVICE.command_claim TO SERVICE;
