-- Cards are charged by orders; what fails is tried again. Points are exchanged for codes by thresholds.

-- The first order number ever is 1200, and the next is always one more.
CREATE TABLE billing.payment_order_number (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    last_number bigint NOT NULL
);
INSERT INTO billing.payment_order_number (last_number) VALUES (1199);

CREATE TABLE billing.payment_order (
    id bigint PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('charging', 'enrolment', 'top_up')),
    user_id bigint NOT NULL,
    session_id bigint,
    -- The provider's token of the card; empty while nobody knows which it will be.
    identifier text NOT NULL DEFAULT '',
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 255),
    return_url_ok text,
    return_url_ko text,
    -- The Idempotency-Key of the request that made it: a repeat finds it again, also when the first was never answered.
    request_key text,
    opened_at timestamptz NOT NULL,
    -- When the provider was asked to charge; without an answer it is asked again under the same number.
    asked_at timestamptz,
    is_completed boolean NOT NULL DEFAULT false,
    -- The provider's code, or our words.
    result text NOT NULL DEFAULT '',
    closed_at timestamptz,
    refund_amount bigint NOT NULL DEFAULT 0 CHECK (refund_amount BETWEEN 0 AND amount),
    refunded_at timestamptz,
    CHECK ((kind = 'charging') = (session_id IS NOT NULL)),
    CHECK (is_completed = (closed_at IS NOT NULL))
);
-- At most one that is open for a session.
CREATE UNIQUE INDEX payment_order_open ON billing.payment_order (session_id)
    WHERE session_id IS NOT NULL AND NOT is_completed;
CREATE INDEX payment_order_of_session ON billing.payment_order (session_id, id) WHERE session_id IS NOT NULL;
CREATE INDEX payment_order_of_user ON billing.payment_order (user_id, id DESC);
CREATE INDEX payment_order_asked ON billing.payment_order (asked_at) WHERE NOT is_completed AND asked_at IS NOT NULL;

CREATE INDEX payment_order_of_request ON billing.payment_order (user_id, request_key) WHERE request_key IS NOT NULL;

-- What is given back to cards: first it is set aside, then the provider is asked, then it is booked or put back.
CREATE TABLE billing.payment_refund (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_order bigint NOT NULL REFERENCES billing.payment_order,
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 255),
    -- Null: the service itself.
    asked_by bigint,
    asked_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'done', 'refused')),
    -- The provider's code, or our words.
    result text NOT NULL DEFAULT '',
    closed_at timestamptz,
    CHECK ((state = 'asked') = (closed_at IS NULL))
);
CREATE INDEX payment_refund_of_order ON billing.payment_refund (payment_order);
CREATE INDEX payment_refund_asked ON billing.payment_refund (asked_at) WHERE state = 'asked';

-- Sessions whose card was charged in vain.
CREATE TABLE billing.payment_retry (
    session_id bigint PRIMARY KEY REFERENCES billing.settled_session,
    user_id bigint NOT NULL,
    -- Attempts that followed the first.
    attempt smallint NOT NULL DEFAULT 0,
    next_at timestamptz,
    last_result text NOT NULL DEFAULT '',
    status text NOT NULL CHECK (status IN ('planned', 'given_up', 'done')),
    CHECK ((status = 'planned') = (next_at IS NOT NULL))
);
CREATE INDEX payment_retry_of_user ON billing.payment_retry (user_id);

ALTER TABLE billing.settled_session
    ADD COLUMN refunded_at timestamptz,
    ADD CHECK (refunded >= 0);
CREATE INDEX settled_session_unpaid ON billing.settled_session (session_id) WHERE funding = 'card' AND paid < cost;

CREATE TABLE billing.threshold (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    points_required integer NOT NULL CHECK (points_required > 0),
    percent_hundredths integer NOT NULL CHECK (percent_hundredths BETWEEN 1 AND 10000),
    description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 255),
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
);
