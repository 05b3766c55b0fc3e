-- What reports are made of. Both tables follow the event logs of gateway and billing and can be made again from the facts.

-- One row for each finished session that delivered energy, whatever is told of it, in what order and how often.
CREATE TABLE reporting.session_fact (
    session_id bigint PRIMARY KEY,
    ended_at timestamptz NOT NULL,
    charge_point_id text NOT NULL,
    station_id bigint,
    -- 0: nobody's.
    user_id bigint NOT NULL,
    plan_id text NOT NULL,
    energy_wh bigint NOT NULL CHECK (energy_wh > 0),
    -- What the driver pays, in minor units; 0 until billing has settled the session.
    amount bigint NOT NULL
);
-- For the hours that a report's range cuts in two.
CREATE INDEX session_fact_ended ON reporting.session_fact (ended_at);
GRANT DELETE ON reporting.session_fact TO reporting;

-- Their sums by the hour (UTC) in which they ended.
CREATE TABLE reporting.rollup_hour (
    hour timestamptz NOT NULL,
    charge_point_id text NOT NULL,
    user_id bigint NOT NULL,
    plan_id text NOT NULL,
    sessions bigint NOT NULL,
    energy_wh bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (hour, charge_point_id, user_id, plan_id)
);
