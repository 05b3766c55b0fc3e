-- Money that is kept on a card from a session's start to its end. It takes an order's number, under which it is captured.
CREATE TABLE billing.card_hold (
    id bigint PRIMARY KEY,
    session_id bigint NOT NULL UNIQUE,
    user_id bigint NOT NULL,
    identifier text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    state text NOT NULL
        CHECK (state IN ('asked', 'held', 'refused', 'capturing', 'captured', 'releasing', 'released', 'lost')),
    -- The provider's last code, or our words.
    result text NOT NULL DEFAULT '',
    asked_at timestamptz NOT NULL,
    learn_tries integer NOT NULL DEFAULT 0,
    learn_at timestamptz,
    closed_at timestamptz,
    CHECK ((state IN ('refused', 'captured', 'released', 'lost')) = (closed_at IS NOT NULL))
);
CREATE INDEX card_hold_open ON billing.card_hold (asked_at) WHERE closed_at IS NULL;
CREATE INDEX card_hold_asked ON billing.card_hold (asked_at);
CREATE INDEX card_hold_closed ON billing.card_hold (closed_at) WHERE closed_at IS NOT NULL;

ALTER TABLE billing.payment_order
    -- Of what a hold kept, under the hold's number.
    ADD COLUMN is_capture boolean NOT NULL DEFAULT false;

-- Which billing carries out a command that was put to all of them.
CREATE TABLE billing.command_claim (
    id text PRIMARY KEY,
    kind text NOT NULL,
    claimed_by text NOT NULL,
    claimed_at timestamptz NOT NULL
);
CREATE INDEX command_claim_age ON billing.command_claim (claimed_at);
GRANT DELETE ON billing.command_claim TO billing;

CREATE OR REPLACE VIEW billing_view.pay_log AS
    SELECT opened_at AS logged_at, 'info' AS level,
        CASE WHEN EXISTS (
            SELECT FROM billing.payment_order AS earlier
            WHERE earlier.session_id = placed.session_id AND earlier.id < placed.id
        ) THEN 'retry' ELSE 'pay' END AS category,
        'order ' || id || ' of user ' || user_id || ': ' || kind || ', ' || amount || ' minor units'
            || coalesce(', session ' || session_id, '') AS text
    FROM billing.payment_order AS placed
    UNION ALL
    SELECT closed_at, 'info', 'pay', 'order ' || id || ' of user ' || user_id || ' closed: ' || result
    FROM billing.payment_order
    WHERE closed_at IS NOT NULL
    UNION ALL
    SELECT asked_at, 'info', 'refund', 'refund ' || id || ' of order ' || payment_order || ': ' || amount || ' minor units'
    FROM billing.payment_refund
    UNION ALL
    SELECT closed_at, CASE state WHEN 'refused' THEN 'warning' ELSE 'info' END, 'refund',
        'refund ' || id || ' of order ' || payment_order || ' ' || state || ': ' || result
    FROM billing.payment_refund
    WHERE closed_at IS NOT NULL
    UNION ALL
    SELECT added_at, 'info', 'method', 'card ' || id || ' of user ' || user_id || ' added'
    FROM billing.payment_method
    UNION ALL
    SELECT deleted_at, 'info', 'method', 'card ' || id || ' of user ' || user_id || ' deleted'
    FROM billing.payment_method
    WHERE deleted_at IS NOT NULL
    UNION ALL
    SELECT closed_at, 'warning', 'pay',
        'order ' || id || ' of user ' || user_id || ': ' || amount || ' minor units were paid, ' || ordered_amount
            || ' were ordered'
    FROM billing.payment_order
    WHERE ordered_amount IS NOT NULL AND closed_at IS NOT NULL
    UNION ALL
    SELECT asked_at, 'info', 'pay',
        'hold ' || id || ' of user ' || user_id || ': ' || amount || ' minor units, session ' || session_id
    FROM billing.card_hold
    UNION ALL
    SELECT closed_at, CASE WHEN state IN ('refused', 'lost') THEN 'warning' ELSE 'info' END, 'pay',
        'hold ' || id || ' of user ' || user_id || ' ' || state || ': ' || result
    FROM billing.card_hold
    WHERE closed_at IS NOT NULL;
