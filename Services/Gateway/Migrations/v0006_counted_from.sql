-- Where the energy of a session is counted from, when that is not the meter that its start told: the first reading of a station
-- that told none, or 0 for readings that begin at nothing each time.
ALTER TABLE gateway.session
    ADD COLUMN counted_from bigint CHECK (counted_from >= 0);
