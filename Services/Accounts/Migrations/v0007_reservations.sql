-- Connectors that are kept free for somebody. The number is OCPP's reservationId.
CREATE TABLE accounts.reservation (
    id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 2147483647) PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES accounts.account,
    charge_point_id text NOT NULL REFERENCES accounts.charge_point,
    -- 0: any of the point, chosen when the reservation begins.
    connector_id integer NOT NULL CHECK (connector_id BETWEEN 0 AND 99),
    -- What the station lets begin; chosen when the reservation begins where it is planned.
    tag text NOT NULL DEFAULT '',
    -- Of a booking; null for one that a driver made for now.
    meeting_id bigint,
    starts_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > starts_at),
    status text NOT NULL DEFAULT 'planned'
        CHECK (status IN ('planned', 'active', 'used', 'cancelled', 'expired', 'failed')),
    detail text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    -- The station may hold it although it is over: it is told until it has heard, or would have let go by itself.
    must_tell boolean NOT NULL DEFAULT false
);
-- One at a time for a driver, and one on a connector. What is planned for later takes no connector yet.
CREATE UNIQUE INDEX reservation_of_user ON accounts.reservation (user_id)
    WHERE meeting_id IS NULL AND status IN ('planned', 'active');
CREATE UNIQUE INDEX reservation_on_connector ON accounts.reservation (charge_point_id, connector_id)
    WHERE status = 'active' OR (status = 'planned' AND meeting_id IS NULL);
CREATE UNIQUE INDEX reservation_of_meeting ON accounts.reservation (meeting_id)
    WHERE meeting_id IS NOT NULL AND status IN ('planned', 'active');
CREATE INDEX reservation_newest_of_user ON accounts.reservation (user_id, id DESC);
CREATE INDEX reservation_newest_of_point ON accounts.reservation (charge_point_id, id DESC);
CREATE INDEX reservation_unfinished ON accounts.reservation (starts_at) WHERE status IN ('planned', 'active') OR must_tell;

CREATE VIEW accounts_view.reservation AS
    SELECT id AS reservation_id, user_id, charge_point_id, connector_id, tag, meeting_id, starts_at, expires_at, status
    FROM accounts.reservation;
GRANT SELECT ON accounts_view.reservation TO gateway, accounts, billing, reporting;
