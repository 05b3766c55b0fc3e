-- When energy flowed, not only when a session ended; and how facts and sums are made anew.

ALTER TABLE reporting.session_fact
    ADD COLUMN connector_id integer NOT NULL DEFAULT 0,
    -- Before `ended_at`, and no more than a month, whatever clock the station had.
    ADD COLUMN started_at timestamptz;
UPDATE reporting.session_fact SET started_at = ended_at - interval '1 second';
ALTER TABLE reporting.session_fact ALTER COLUMN started_at SET NOT NULL, ADD CHECK (started_at < ended_at);
-- Who charged at a moment; when sessions began; the last one of a station.
CREATE INDEX session_fact_span ON reporting.session_fact USING gist (tstzrange(started_at, ended_at));
CREATE INDEX session_fact_started ON reporting.session_fact (started_at);
CREATE INDEX session_fact_of_station ON reporting.session_fact (station_id, ended_at) WHERE station_id IS NOT NULL;

-- What flowed in each hour (UTC) of a session, by its readings, between two of them evenly.
CREATE TABLE reporting.session_flow (
    session_id bigint NOT NULL,
    hour timestamptz NOT NULL,
    energy_wh bigint NOT NULL,
    seconds integer NOT NULL,
    PRIMARY KEY (session_id, hour)
);
CREATE INDEX session_flow_hour ON reporting.session_flow (hour, session_id);

-- Their sums.
CREATE TABLE reporting.flow_hour (
    hour timestamptz NOT NULL,
    charge_point_id text NOT NULL,
    user_id bigint NOT NULL,
    energy_wh bigint NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (hour, charge_point_id, user_id)
);

-- Sums of whole months (UTC), so that a year of millions of sessions is a few thousand rows.
CREATE TABLE reporting.point_month (
    month timestamptz NOT NULL,
    charge_point_id text NOT NULL,
    sessions bigint NOT NULL,
    energy_wh bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (month, charge_point_id)
);
CREATE TABLE reporting.user_month (
    month timestamptz NOT NULL,
    user_id bigint NOT NULL,
    sessions bigint NOT NULL,
    energy_wh bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (month, user_id)
);
GRANT DELETE ON reporting.session_flow, reporting.flow_hour, reporting.rollup_hour, reporting.point_month,
    reporting.user_month TO reporting;
INSERT INTO reporting.point_month
SELECT date_trunc('month', hour, 'UTC'), charge_point_id, sum(sessions), sum(energy_wh), sum(amount)
FROM reporting.rollup_hour GROUP BY 1, 2;
INSERT INTO reporting.user_month
SELECT date_trunc('month', hour, 'UTC'), user_id, sum(sessions), sum(energy_wh), sum(amount)
FROM reporting.rollup_hour GROUP BY 1, 2;

-- Facts and sums that are to be made anew, and how far that is.
CREATE TABLE reporting.rebuild (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    asked_at timestamptz NOT NULL,
    -- Sessions up to this number have their facts again.
    session_id bigint NOT NULL DEFAULT 0,
    -- Days up to this one have their sums again.
    day date,
    finished_at timestamptz
);
-- What was counted before this version lacks the hours.
INSERT INTO reporting.rebuild (asked_at) SELECT now() WHERE EXISTS (SELECT FROM reporting.session_fact);
