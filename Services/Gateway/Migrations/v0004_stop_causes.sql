-- Why we asked a station to end a session: OCPP's word for that is only `Remote`.
ALTER TABLE gateway.session
    ADD COLUMN stop_cause text;
