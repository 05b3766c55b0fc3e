-- What operators look through.
-- What needed no rule is not looked up by its number, and is most of all.
CREATE INDEX meter_reading_number ON gateway.meter_reading (reading_id) WHERE rule <> '';
CREATE INDEX meter_reading_doubtful ON gateway.meter_reading (charge_point_id, taken_at) WHERE grade = 'doubtful';

CREATE VIEW gateway_view.quarantined_frame AS
    SELECT id, charge_point_id, received_at, reason, frame, status, note FROM gateway.quarantined_frame;
CREATE VIEW gateway_view.frame AS
    SELECT charge_point_id, logged_at, is_incoming, message_id, action, frame FROM gateway.frame_log;
CREATE OR REPLACE VIEW gateway_view.reading AS
    SELECT reading_id, session_id, charge_point_id, connector_id, taken_at, received_at, context, register_wh, energy_wh,
        price, power_w, state_of_charge, voltage_v, current_a, offered_a, grade, rule, connector_status, raw
    FROM gateway.meter_reading;
GRANT SELECT ON gateway_view.quarantined_frame, gateway_view.frame TO gateway, accounts, billing, reporting;
