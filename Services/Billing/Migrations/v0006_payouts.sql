-- What hosts have earned is paid out to their banks, month by month.

-- Where a host's money goes.
CREATE TABLE billing.payout_account (
    user_id bigint PRIMARY KEY,
    holder text NOT NULL CHECK (char_length(holder) BETWEEN 1 AND 70),
    iban text NOT NULL CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    address text NOT NULL CHECK (char_length(address) BETWEEN 1 AND 255),
    tax_id text CHECK (char_length(tax_id) BETWEEN 1 AND 32),
    changed_at timestamptz NOT NULL
);

CREATE TABLE billing.payout (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL,
    -- The first day of its month.
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    statement_number text NOT NULL UNIQUE,
    sessions integer NOT NULL,
    energy_wh bigint NOT NULL,
    -- What drivers paid, and what the platform kept of it.
    gross bigint NOT NULL,
    commission bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    -- Copies of what held when the draft was made.
    holder text NOT NULL,
    iban text NOT NULL,
    address text NOT NULL,
    tax_id text,
    buyer jsonb NOT NULL,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'approved', 'paid')),
    created_by bigint NOT NULL,
    created_at timestamptz NOT NULL,
    approved_by bigint,
    approved_at timestamptz,
    paid_by bigint,
    paid_at timestamptz,
    ledger_entry_id bigint REFERENCES billing.ledger_entry,
    -- Printed when it is first asked for, from what is frozen here; from then on it is as it is.
    pdf bytea,
    UNIQUE (user_id, month),
    CHECK (gross - commission = amount),
    -- Four eyes.
    CHECK (approved_by <> created_by),
    CHECK ((status = 'draft') = (approved_by IS NULL)),
    CHECK ((status = 'draft') = (ledger_entry_id IS NULL)),
    CHECK ((status = 'paid') = (paid_at IS NOT NULL))
);
CREATE INDEX payout_of_month ON billing.payout (month, status);

-- Each credit of a host with the whole of which it is a part; each is paid out once.
CREATE TABLE billing.host_share (
    entry_id bigint PRIMARY KEY REFERENCES billing.ledger_entry,
    user_id bigint NOT NULL,
    session_id bigint NOT NULL,
    gross bigint NOT NULL,
    credit bigint NOT NULL,
    energy_wh bigint NOT NULL,
    created_at timestamptz NOT NULL,
    payout_id bigint REFERENCES billing.payout
);
CREATE INDEX host_share_of_session ON billing.host_share (session_id);
CREATE INDEX host_share_open ON billing.host_share (user_id, created_at) WHERE payout_id IS NULL;
CREATE INDEX host_share_of_payout ON billing.host_share (payout_id) WHERE payout_id IS NOT NULL;

-- Of credits that were booked before, the first of a session bears the commission.
INSERT INTO billing.host_share (entry_id, user_id, session_id, gross, credit, energy_wh, created_at)
SELECT entry.id, entry.user_id, entry.charging_id,
    entry.amount + CASE
        WHEN row_number() OVER part = 1 THEN settled.cost - settled.refunded - settled.host_credit ELSE 0
    END,
    entry.amount, CASE WHEN row_number() OVER part = 1 THEN settled.energy_wh ELSE 0 END, entry.created_at
FROM billing.ledger_entry AS entry
JOIN billing.settled_session AS settled ON settled.session_id = entry.charging_id
WHERE entry.type = 'Credit' AND entry.subject = 'host'
WINDOW part AS (PARTITION BY entry.charging_id ORDER BY entry.id);
