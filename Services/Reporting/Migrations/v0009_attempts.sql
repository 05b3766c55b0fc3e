-- How many charge at the first attempt: one row for everything that somebody did to begin charging, and its sums.
CREATE TABLE reporting.attempt (
    -- What it is known by: a session, a signal that no session came of, or a start that was refused to an app.
    origin text NOT NULL CHECK (origin IN ('session', 'signal', 'request')),
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    charge_point_id text NOT NULL,
    -- How far it came.
    plugged boolean NOT NULL,
    authorised boolean NOT NULL,
    started boolean NOT NULL,
    energised boolean NOT NULL,
    stopped boolean NOT NULL,
    paid boolean NOT NULL,
    -- Why it broke; empty for one that did not.
    cause text NOT NULL,
    PRIMARY KEY (origin, number)
);
CREATE INDEX attempt_at ON reporting.attempt (at);
-- What may still be paid.
CREATE INDEX attempt_unpaid ON reporting.attempt (number) WHERE origin = 'session' AND energised AND NOT paid;

CREATE TABLE reporting.attempt_day (
    -- The beginning of the day or month (UTC).
    day timestamptz NOT NULL,
    charge_point_id text NOT NULL,
    cause text NOT NULL,
    attempts bigint NOT NULL,
    plugged bigint NOT NULL,
    authorised bigint NOT NULL,
    started bigint NOT NULL,
    energised bigint NOT NULL,
    stopped bigint NOT NULL,
    paid bigint NOT NULL,
    PRIMARY KEY (day, charge_point_id, cause)
);
CREATE TABLE reporting.attempt_month (
    month timestamptz NOT NULL,
    charge_point_id text NOT NULL,
    cause text NOT NULL,
    attempts bigint NOT NULL,
    plugged bigint NOT NULL,
    authorised bigint NOT NULL,
    started bigint NOT NULL,
    energised bigint NOT NULL,
    stopped bigint NOT NULL,
    paid bigint NOT NULL,
    PRIMARY KEY (month, charge_point_id, cause)
);
GRANT DELETE ON reporting.attempt, reporting.attempt_day, reporting.attempt_month TO reporting;

-- A trigger, so that whatever writes attempts keeps their sums.
CREATE FUNCTION reporting.sum_attempts() RETURNS trigger LANGUAGE plpgsql SET search_path TO '' AS $$
DECLARE
    sign bigint := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    INSERT INTO reporting.attempt_day AS sums (day, charge_point_id, cause, attempts, plugged, authorised, started, energised,
        stopped, paid)
    SELECT date_trunc('day', at, 'UTC'), charge_point_id, cause, sign * count(*), sign * count(*) FILTER (WHERE plugged),
        sign * count(*) FILTER (WHERE authorised), sign * count(*) FILTER (WHERE started),
        sign * count(*) FILTER (WHERE energised), sign * count(*) FILTER (WHERE stopped),
        sign * count(*) FILTER (WHERE paid)
    FROM changed
    GROUP BY 1, 2, 3
    ON CONFLICT (day, charge_point_id, cause) DO UPDATE
    SET attempts = sums.attempts + excluded.attempts, plugged = sums.plugged + excluded.plugged,
        authorised = sums.authorised + excluded.authorised, started = sums.started + excluded.started,
        energised = sums.energised + excluded.energised, stopped = sums.stopped + excluded.stopped,
        paid = sums.paid + excluded.paid;
    INSERT INTO reporting.attempt_month AS sums (month, charge_point_id, cause, attempts, plugged, authorised, started,
        energised, stopped, paid)
    SELECT date_trunc('month', at, 'UTC'), charge_point_id, cause, sign * count(*), sign * count(*) FILTER (WHERE plugged),
        sign * count(*) FILTER (WHERE authorised), sign * count(*) FILTER (WHERE started),
        sign * count(*) FILTER (WHERE energised), sign * count(*) FILTER (WHERE stopped),
        sign * count(*) FILTER (WHERE paid)
    FROM changed
    GROUP BY 1, 2, 3
    ON CONFLICT (month, charge_point_id, cause) DO UPDATE
    SET attempts = sums.attempts + excluded.attempts, plugged = sums.plugged + excluded.plugged,
        authorised = sums.authorised + excluded.authorised, started = sums.started + excluded.started,
        energised = sums.energised + excluded.energised, stopped = sums.stopped + excluded.stopped,
        paid = sums.paid + excluded.paid;
    RETURN NULL;
END
$$;
CREATE TRIGGER attempt_made AFTER INSERT ON reporting.attempt REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION reporting.sum_attempts();
CREATE TRIGGER attempt_gone AFTER DELETE ON reporting.attempt REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION reporting.sum_attempts();

-- Up to which signals and requests it has been seen what came of them.
CREATE TABLE reporting.attempt_cursor (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    signal bigint NOT NULL DEFAULT 0,
    request bigint NOT NULL DEFAULT 0
);
INSERT INTO reporting.attempt_cursor DEFAULT VALUES;
