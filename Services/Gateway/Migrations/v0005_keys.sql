-- A station's new password holds from its first use on; until then the one before it does too.

ALTER TABLE gateway.station ADD COLUMN password_before text;
COMMENT ON COLUMN gateway.station.password_before IS 'Null when the newest password has been used.';
