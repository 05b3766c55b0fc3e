-- Charging sessions and the readings of their meters.

-- What the API calls transaction_id and OCPP transactionId: positive, 31 bits.
CREATE SEQUENCE gateway.session_number MAXVALUE 2147483647;

CREATE TABLE gateway.session (
    session_id bigint PRIMARY KEY DEFAULT nextval('gateway.session_number')
        CHECK (session_id BETWEEN 1 AND 2147483647),
    uuid uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    charge_point_id text NOT NULL,
    connector_id integer NOT NULL CHECK (connector_id >= 0),
    -- As they were at the start.
    port_id bigint,
    station_id bigint,
    owner_id bigint,
    user_id bigint,
    tag text NOT NULL,
    car_id bigint,
    status text NOT NULL CHECK (status IN ('initialized', 'charging', 'active', 'done', 'interrupted')),
    end_reason text,
    -- OCPP's word, or `stopped by system`, `aborted by system`.
    reason text NOT NULL DEFAULT '',
    requested_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    -- When the station's word came in, by our clock.
    start_received_at timestamptz,
    end_received_at timestamptz,
    -- The station's own words for the moment of the start: what a repeat is known by, however wrong its clock.
    start_text text,
    meter_start bigint NOT NULL DEFAULT 0,
    meter_stop bigint,
    energy_wh bigint NOT NULL DEFAULT 0 CHECK (energy_wh >= 0),
    power_w integer,
    state_of_charge smallint CHECK (state_of_charge BETWEEN 0 AND 100),
    last_reading_at timestamptz,
    -- When the last reading came in, by our clock: what the sweep goes by.
    last_heard_at timestamptz,
    target_wh bigint CHECK (target_wh > 0),
    -- Minor units that a target is expected to cost.
    estimate bigint NOT NULL DEFAULT 0,
    price_running bigint NOT NULL DEFAULT 0,
    price_rule text NOT NULL DEFAULT 'none',
    plan_id text NOT NULL DEFAULT '',
    price_per_kwh bigint NOT NULL DEFAULT 0,
    price_per_hour bigint NOT NULL DEFAULT 0,
    free_minutes integer NOT NULL DEFAULT 0,
    discount_code text,
    discount_hundredths integer,
    funding text NOT NULL DEFAULT 'free' CHECK (funding IN ('free', 'balance', 'card')),
    payment_method_id bigint,
    reservation_id bigint,
    meeting_id bigint,
    door text NOT NULL DEFAULT 'station',
    -- A start that was refused: unpriced and nobody's, kept so that its stop finds it.
    is_refused boolean NOT NULL DEFAULT false,
    -- Whether the last meter value was guessed; a late stop may still correct it.
    is_guessed boolean NOT NULL DEFAULT false,
    amendment integer NOT NULL DEFAULT 0,
    protocol_version text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    frozen_price jsonb NOT NULL DEFAULT '{}',
    is_finished boolean NOT NULL GENERATED ALWAYS AS (status IN ('done', 'interrupted')) STORED,
    CHECK (status NOT IN ('done', 'interrupted') OR ended_at IS NOT NULL)
);
-- One unfinished session on a connector, and one of a car.
CREATE UNIQUE INDEX session_on_connector ON gateway.session (charge_point_id, connector_id) WHERE NOT is_finished;
CREATE UNIQUE INDEX session_of_car ON gateway.session (car_id) WHERE NOT is_finished AND car_id IS NOT NULL;
-- A start is known again by its content, from any gateway, whatever its message id.
CREATE UNIQUE INDEX session_start_content
    ON gateway.session (charge_point_id, connector_id, tag, start_text, meter_start) WHERE start_text IS NOT NULL;
CREATE INDEX session_of_user ON gateway.session (user_id, session_id DESC) WHERE user_id IS NOT NULL;
CREATE INDEX session_of_point ON gateway.session (charge_point_id, session_id DESC);
CREATE INDEX session_ended ON gateway.session (ended_at) WHERE is_finished;
CREATE INDEX session_unfinished ON gateway.session (last_heard_at) WHERE NOT is_finished;

CREATE TABLE gateway.meter_reading (
    reading_id bigint GENERATED ALWAYS AS IDENTITY,
    -- Null: no session could be found for it.
    session_id bigint,
    charge_point_id text NOT NULL,
    connector_id integer NOT NULL,
    taken_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    -- Begin, periodic, end: the order of readings of one moment.
    context smallint NOT NULL DEFAULT 1,
    register_wh bigint,
    -- Of the session so far, and what it costs by its frozen price.
    energy_wh bigint NOT NULL DEFAULT 0,
    price bigint NOT NULL DEFAULT 0,
    power_w integer,
    state_of_charge smallint,
    voltage_v real,
    current_a real,
    offered_a real,
    grade text NOT NULL DEFAULT 'good' CHECK (grade IN ('good', 'repaired', 'doubtful', 'rejected')),
    -- What was done to make sense of it; empty for a reading that needed nothing.
    rule text NOT NULL DEFAULT '',
    -- The sampled values as the station sent them; empty where nothing was done to them.
    raw text NOT NULL DEFAULT '',
    connector_status text NOT NULL DEFAULT '',
    PRIMARY KEY (taken_at, reading_id)
) PARTITION BY RANGE (taken_at);
CREATE TABLE gateway.meter_reading_rest PARTITION OF gateway.meter_reading DEFAULT;
CREATE INDEX meter_reading_of_session ON gateway.meter_reading (session_id, taken_at, context);

-- Stops of sessions that nobody knows; an operator attaches or dismisses them.
CREATE TABLE gateway.stop_orphan (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_point_id text NOT NULL,
    received_at timestamptz NOT NULL,
    -- As the station sent it: any number at all.
    transaction_id bigint NOT NULL,
    tag text NOT NULL DEFAULT '',
    meter_stop bigint NOT NULL,
    stopped_at timestamptz NOT NULL,
    reason text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done')),
    session_id bigint REFERENCES gateway.session,
    note text NOT NULL DEFAULT '',
    -- A repeat is the same orphan.
    UNIQUE (charge_point_id, transaction_id, meter_stop, stopped_at)
);

-- Monthly partitions are made ahead by the service, as their owner allows.
CREATE FUNCTION gateway.make_partition(parent text, suffix text, first timestamptz, next timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path TO '' AS $$
BEGIN
    IF parent NOT IN ('meter_reading', 'frame_log', 'sys_log', 'connector_history') OR suffix !~ '^[0-9]{4,8}$' THEN
        RAISE EXCEPTION 'no such partitioned table: %', parent;
    END IF;
    IF to_regclass(format('gateway.%I', parent || '_' || suffix)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE gateway.%I PARTITION OF gateway.%I FOR VALUES FROM (%L) TO (%L)',
        parent || '_' || suffix, parent, first, next);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON gateway.%I TO gateway', parent || '_' || suffix);
    RETURN true;
EXCEPTION
    -- Rows of that month lie in the default partition already: they stay there.
    WHEN check_violation THEN RETURN false;
END
$$;

CREATE FUNCTION gateway.drop_partitions(parent text, before text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path TO '' AS $$
DECLARE
    old text;
    dropped integer := 0;
BEGIN
    IF parent NOT IN ('frame_log', 'sys_log', 'connector_history') OR before !~ '^[0-9]{4,8}$' THEN
        RAISE EXCEPTION 'no such partitioned table: %', parent;
    END IF;
    FOR old IN
        SELECT relname FROM pg_catalog.pg_class
        WHERE relnamespace = 'gateway'::pg_catalog.regnamespace AND relkind = 'r'
            AND relname ~ ('^' || parent || '_[0-9]{4,8}$') AND substr(relname, length(parent) + 2) < before
    LOOP
        EXECUTE format('DROP TABLE gateway.%I', old);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

CREATE VIEW gateway_view.connector_status AS
    SELECT report.charge_point_id, report.connector_id, report.status, report.error_code, report.info, report.vendor_id,
        report.since, report.received_at, charge.session_id
    FROM gateway.connector_status AS report
    LEFT JOIN gateway.session AS charge
        ON charge.charge_point_id = report.charge_point_id AND charge.connector_id = report.connector_id
            AND NOT charge.is_finished;

CREATE VIEW gateway_view.session AS
    SELECT session_id, uuid, charge_point_id, connector_id, port_id, station_id, owner_id, user_id, tag, car_id, status,
        is_finished, end_reason, reason, requested_at, started_at, ended_at, meter_start, meter_stop, energy_wh, power_w,
        state_of_charge, last_reading_at, target_wh, estimate, price_running, price_rule, plan_id, price_per_kwh,
        price_per_hour, free_minutes, discount_code, discount_hundredths, funding, payment_method_id, reservation_id,
        meeting_id, door, is_refused, is_guessed, amendment, protocol_version, note, frozen_price
    FROM gateway.session;

CREATE VIEW gateway_view.reading AS
    SELECT reading_id, session_id, charge_point_id, connector_id, taken_at, received_at, context, register_wh, energy_wh,
        price, power_w, state_of_charge, voltage_v, current_a, offered_a, grade, rule, connector_status
    FROM gateway.meter_reading;

CREATE VIEW gateway_view.stop_orphan AS
    SELECT id, charge_point_id, received_at, transaction_id, tag, meter_stop, stopped_at, reason, status, session_id, note
    FROM gateway.stop_orphan;

GRANT SELECT ON gateway_view.connector_status, gateway_view.session, gateway_view.reading, gateway_view.stop_orphan
    TO gateway, accounts, billing, reporting;
