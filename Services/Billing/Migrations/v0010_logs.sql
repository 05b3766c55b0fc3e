-- What operators read of requests (api.md 4.12), written by Shared/Hosting.
CREATE TABLE billing.back_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    logged_at timestamptz NOT NULL,
    level text NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    category text NOT NULL,
    text text NOT NULL
);
CREATE INDEX back_log_time ON billing.back_log (logged_at, id);
GRANT DELETE ON billing.back_log TO billing;
REVOKE UPDATE ON billing.back_log FROM billing;
CREATE VIEW billing_view.back_log AS SELECT id, logged_at, level, category, text FROM billing.back_log;
GRANT SELECT ON billing_view.back_log TO reporting;

-- What operators read of payments: told by the tables themselves, so that no line can be missing.
CREATE INDEX payment_order_opened ON billing.payment_order (opened_at);
CREATE INDEX payment_order_closed ON billing.payment_order (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX payment_refund_time ON billing.payment_refund (asked_at);
CREATE INDEX payment_refund_closed ON billing.payment_refund (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX payment_method_added ON billing.payment_method (added_at);
CREATE INDEX payment_method_deleted ON billing.payment_method (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE VIEW billing_view.pay_log AS
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
    WHERE deleted_at IS NOT NULL;
GRANT SELECT ON billing_view.pay_log TO reporting;

-- For reporting: the ledger by time, with all that sums are made of.
CREATE INDEX ledger_entry_time ON billing.ledger_entry (created_at) INCLUDE (type, subject, amount);
CREATE INDEX host_share_time ON billing.host_share (created_at) INCLUDE (gross, credit);

CREATE VIEW billing_view.host_share AS
    SELECT entry_id, user_id, session_id, gross, credit, energy_wh, created_at FROM billing.host_share;
GRANT SELECT ON billing_view.host_share TO reporting;
