-- What stations must be told is told once, and is not forgotten while they are away.

-- Who asks the station about a reservation just now began at this time; null for nobody.
ALTER TABLE accounts.reservation ADD COLUMN asked_at timestamptz;

-- The station has not heard yet whether it may let this connector be used; from this time on it is told again.
ALTER TABLE accounts.connector ADD COLUMN tell_from timestamptz;
CREATE INDEX connector_untold ON accounts.connector (tell_from) WHERE tell_from IS NOT NULL;
