-- A provider that does not say what became of an order or a refund is asked again with growing pauses.
ALTER TABLE billing.payment_order
    ADD COLUMN learn_tries integer NOT NULL DEFAULT 0,
    ADD COLUMN learn_at timestamptz,
    -- Where the provider took another amount than the one that was ordered: the latter. `amount` is what was paid.
    ADD COLUMN ordered_amount bigint;
ALTER TABLE billing.payment_refund
    ADD COLUMN learn_tries integer NOT NULL DEFAULT 0,
    ADD COLUMN learn_at timestamptz;

-- Operators see what was paid beside what was ordered.
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
    WHERE ordered_amount IS NOT NULL AND closed_at IS NOT NULL;
