-- What people did to begin charging, besides the sessions that came of it: how many charge at the first attempt is counted from both.
CREATE TABLE gateway.start_signal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_point_id text NOT NULL,
    -- 0: a station does not say at which connector a card was shown.
    connector_id integer NOT NULL CHECK (connector_id >= 0),
    -- By our clock.
    at timestamptz NOT NULL,
    -- A connector that was taken into use, or a card that was shown.
    kind text NOT NULL CHECK (kind IN ('plug', 'card')),
    -- Empty for a plug, and for what may be a one-time tag: those are secrets.
    tag text NOT NULL DEFAULT '',
    -- OCPP's word for a card that was not accepted.
    refusal text NOT NULL DEFAULT ''
);
CREATE INDEX start_signal_place ON gateway.start_signal (charge_point_id, at);

-- Which sessions are near a signal.
CREATE INDEX session_requested ON gateway.session (charge_point_id, requested_at);
-- What a refused start was refused for: its card, the place, a reservation of somebody else, the means.
ALTER TABLE gateway.session
    ADD COLUMN refusal text NOT NULL DEFAULT '' CHECK (refusal IN ('', 'card', 'place', 'reserved', 'means'));

CREATE OR REPLACE VIEW gateway_view.session AS
    SELECT session_id, uuid, charge_point_id, connector_id, port_id, station_id, owner_id, user_id, tag, car_id, status,
        is_finished, end_reason, reason, requested_at, started_at, ended_at, meter_start, meter_stop, energy_wh, power_w,
        state_of_charge, last_reading_at, target_wh, estimate, price_running, price_rule, plan_id, price_per_kwh,
        price_per_hour, free_minutes, discount_code, discount_hundredths, funding, payment_method_id, reservation_id,
        meeting_id, door, is_refused, is_guessed, amendment, protocol_version, note, frozen_price, refusal
    FROM gateway.session;

CREATE VIEW gateway_view.start_signal AS
    SELECT id, charge_point_id, connector_id, at, kind, tag, refusal FROM gateway.start_signal;
GRANT SELECT ON gateway_view.start_signal TO reporting;
