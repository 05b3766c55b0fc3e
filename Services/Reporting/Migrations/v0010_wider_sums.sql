-- Sums of whole days, hours and years, for what added up a row of nearly every session.

-- What flowed in the whole network, by hour (UTC).
CREATE TABLE reporting.network_hour (
    hour timestamptz PRIMARY KEY,
    energy_wh bigint NOT NULL,
    seconds bigint NOT NULL
);

-- Sums of sessions by the day (UTC) in which they ended; the seconds are those in which something flowed on that day.
CREATE TABLE reporting.point_day (
    day timestamptz NOT NULL,
    charge_point_id text NOT NULL,
    sessions bigint NOT NULL,
    energy_wh bigint NOT NULL,
    amount bigint NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (day, charge_point_id)
);
ALTER TABLE reporting.point_month ADD COLUMN seconds bigint NOT NULL DEFAULT 0;

CREATE TABLE reporting.user_year (
    year timestamptz NOT NULL,
    user_id bigint NOT NULL,
    sessions bigint NOT NULL,
    energy_wh bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (year, user_id)
);
-- Who charged at a moment is found by the flows of its hour; this index took half of a rebuild's time.
DROP INDEX reporting.session_fact_span;
-- What a person's own documents show.
CREATE INDEX session_fact_of_user ON reporting.session_fact (user_id, ended_at, session_id);
GRANT DELETE ON reporting.network_hour, reporting.point_day, reporting.user_year TO reporting;

INSERT INTO reporting.network_hour (hour, energy_wh, seconds)
SELECT hour, sum(energy_wh), sum(seconds) FROM reporting.flow_hour GROUP BY hour;

INSERT INTO reporting.user_year (year, user_id, sessions, energy_wh, amount)
SELECT date_trunc('year', month, 'UTC'), user_id, sum(sessions), sum(energy_wh), sum(amount)
FROM reporting.user_month GROUP BY 1, 2;

INSERT INTO reporting.point_day (day, charge_point_id, sessions, energy_wh, amount, seconds)
SELECT date_trunc('day', hour, 'UTC'), charge_point_id, sum(sessions), sum(energy_wh), sum(amount), sum(seconds)
FROM (
    SELECT hour, charge_point_id, sessions, energy_wh, amount, 0::bigint AS seconds FROM reporting.rollup_hour
    UNION ALL
    SELECT hour, charge_point_id, 0, 0, 0, seconds FROM reporting.flow_hour
) AS part
GROUP BY 1, 2;

INSERT INTO reporting.point_month AS sums (month, charge_point_id, sessions, energy_wh, amount, seconds)
SELECT date_trunc('month', day, 'UTC'), charge_point_id, 0, 0, 0, sum(seconds)
FROM reporting.point_day GROUP BY 1, 2
ON CONFLICT (month, charge_point_id) DO UPDATE SET seconds = excluded.seconds;

-- The attempts of sessions that are over already.
INSERT INTO reporting.rebuild AS work (asked_at) SELECT now() WHERE EXISTS (SELECT FROM reporting.session_fact)
ON CONFLICT (only_one) DO UPDATE SET asked_at = excluded.asked_at, session_id = 0, day = NULL, finished_at = NULL;
