-- Money: a double-entry ledger. An entry is what a person sees; its postings say from where to where, and their sum is nothing.

CREATE TABLE billing.ledger_account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('balance', 'card', 'host', 'revenue', 'vat', 'provider', 'adjustment', 'payout')),
    -- Whose; null for those of the platform.
    user_id bigint,
    CHECK ((kind IN ('balance', 'card')) = (user_id IS NOT NULL))
);
CREATE UNIQUE INDEX ledger_account_own ON billing.ledger_account (kind, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_account_platform ON billing.ledger_account (kind) WHERE user_id IS NULL;
INSERT INTO billing.ledger_account (kind) VALUES
    ('host'), ('revenue'), ('vat'), ('provider'), ('adjustment'), ('payout');

CREATE TABLE billing.ledger_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL,
    -- Minor units, signed as the person sees it: charges are negative.
    amount bigint NOT NULL,
    currency text NOT NULL,
    type text NOT NULL CHECK (type IN ('TopUp', 'Payment', 'Refund', 'Credit', 'Adjustment', 'Payout')),
    subject text NOT NULL CHECK (subject IN ('charging', 'parking', 'topup', 'host', 'manual')),
    funding text NOT NULL CHECK (funding IN ('balance', 'card')),
    description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 255),
    car_id bigint,
    station_id bigint,
    charging_id bigint,
    parking_reservation_id bigint,
    payment_order bigint,
    -- After this entry, in the order of numbers of one person.
    balance_after bigint NOT NULL,
    -- What it was booked for: the same cause books once per type.
    cause text NOT NULL,
    created_by bigint,
    created_at timestamptz NOT NULL,
    UNIQUE (cause, type, user_id)
);
CREATE INDEX ledger_entry_of_user ON billing.ledger_entry (user_id, id DESC);
CREATE INDEX ledger_entry_of_charging ON billing.ledger_entry (charging_id) WHERE charging_id IS NOT NULL;
REVOKE UPDATE ON billing.ledger_entry FROM billing;

CREATE TABLE billing.posting (
    entry_id bigint NOT NULL REFERENCES billing.ledger_entry,
    account_id bigint NOT NULL REFERENCES billing.ledger_account,
    amount bigint NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (entry_id, account_id)
);
CREATE INDEX posting_of_account ON billing.posting (account_id);
REVOKE UPDATE ON billing.posting FROM billing;

-- Grants keep the service from changing what is booked; this keeps everybody.
CREATE FUNCTION billing.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is booked stays as it is' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER ledger_entry_stays BEFORE UPDATE OR DELETE ON billing.ledger_entry
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();
CREATE TRIGGER posting_stays BEFORE UPDATE OR DELETE ON billing.posting
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();

-- At commit: every entry is balanced.
CREATE FUNCTION billing.check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT coalesce(sum(amount), 0) FROM billing.posting WHERE entry_id = NEW.id) <> 0
        OR (NEW.amount <> 0 AND NOT EXISTS (SELECT FROM billing.posting WHERE entry_id = NEW.id)) THEN
        RAISE EXCEPTION 'entry % is not balanced', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_entry_balanced AFTER INSERT ON billing.ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_balanced();

-- What each person's balance is now, moved in the transaction of every entry; its row is what concurrent bookings wait for.
CREATE TABLE billing.balance (
    user_id bigint PRIMARY KEY,
    amount bigint NOT NULL DEFAULT 0
);

CREATE TABLE billing.points_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL,
    points integer NOT NULL,
    reason text NOT NULL CHECK (reason IN ('charging', 'exchange', 'manual')),
    description text NOT NULL DEFAULT '',
    charging_id bigint,
    balance_after bigint NOT NULL CHECK (balance_after >= 0),
    cause text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);
CREATE INDEX points_entry_of_user ON billing.points_entry (user_id, id DESC);
REVOKE UPDATE ON billing.points_entry FROM billing;

CREATE TABLE billing.points (
    user_id bigint PRIMARY KEY,
    points bigint NOT NULL DEFAULT 0 CHECK (points >= 0)
);

-- One row for each session whose money is closed.
CREATE TABLE billing.settled_session (
    session_id bigint PRIMARY KEY,
    user_id bigint,
    owner_id bigint,
    charge_point_id text NOT NULL,
    energy_wh bigint NOT NULL,
    duration_s bigint NOT NULL,
    price bigint NOT NULL,
    discount bigint NOT NULL,
    cost bigint NOT NULL,
    funding text NOT NULL CHECK (funding IN ('free', 'balance', 'card')),
    paid bigint NOT NULL DEFAULT 0,
    refunded bigint NOT NULL DEFAULT 0,
    host_credit bigint NOT NULL DEFAULT 0,
    points_earned integer NOT NULL DEFAULT 0,
    payment_error text NOT NULL DEFAULT '',
    payment_order bigint,
    -- Of the session's facts that this was made from.
    amendment integer NOT NULL DEFAULT 0,
    settled_at timestamptz NOT NULL
);
CREATE INDEX settled_session_of_user ON billing.settled_session (user_id, session_id DESC);

-- The last number of each year's series; taken in the transaction that stores the invoice, so that there are no gaps.
CREATE TABLE billing.invoice_series (
    series text PRIMARY KEY,
    last_number integer NOT NULL
);

CREATE TABLE billing.invoice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('invoice', 'correction')),
    corrects text,
    issued_at timestamptz NOT NULL,
    user_id bigint NOT NULL,
    ledger_entry_id bigint NOT NULL UNIQUE REFERENCES billing.ledger_entry,
    charging_id bigint,
    -- Copies of what held when it was issued.
    seller jsonb NOT NULL,
    buyer jsonb NOT NULL,
    lines jsonb NOT NULL,
    net bigint NOT NULL,
    vat bigint NOT NULL,
    vat_hundredths integer NOT NULL,
    gross bigint NOT NULL,
    currency text NOT NULL,
    issued_by bigint,
    pdf bytea NOT NULL,
    CHECK (net + vat = gross)
);
CREATE INDEX invoice_of_user ON billing.invoice (user_id, id DESC);
CREATE INDEX invoice_of_charging ON billing.invoice (charging_id);
REVOKE UPDATE ON billing.invoice FROM billing;
CREATE TRIGGER invoice_stays BEFORE UPDATE OR DELETE ON billing.invoice
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();

CREATE VIEW billing_view.balance AS SELECT user_id, amount AS balance FROM billing.balance;
CREATE VIEW billing_view.points AS SELECT user_id, points FROM billing.points;
CREATE VIEW billing_view.settled_session AS
    SELECT settled.session_id, settled.user_id, settled.energy_wh, settled.price, settled.discount, settled.cost,
        settled.funding, settled.paid, settled.refunded, settled.points_earned, invoice.id AS invoice_id,
        settled.payment_error, settled.payment_order, settled.amendment, settled.settled_at
    FROM billing.settled_session AS settled
    LEFT JOIN LATERAL (
        SELECT id FROM billing.invoice
        WHERE charging_id = settled.session_id AND kind = 'invoice'
        ORDER BY id
        LIMIT 1
    ) AS invoice ON true;
CREATE VIEW billing_view.ledger_entry AS
    SELECT id, user_id, amount, type, subject, funding, description, charging_id, parking_reservation_id, created_at
    FROM billing.ledger_entry;

GRANT SELECT ON billing_view.balance, billing_view.points, billing_view.settled_session
    TO gateway, accounts, billing, reporting;
GRANT SELECT ON billing_view.ledger_entry TO reporting;
