-- What stations say of themselves and of their connectors, and what is written down of the talk with them.

CREATE TABLE gateway.station (
    charge_point_id text PRIMARY KEY,
    -- Of the last BootNotification.
    vendor text NOT NULL DEFAULT '',
    model text NOT NULL DEFAULT '',
    serial_number text NOT NULL DEFAULT '',
    firmware_version text NOT NULL DEFAULT '',
    booted_at timestamptz,
    -- Of the last connection.
    protocol_version text NOT NULL DEFAULT '',
    gateway text,
    generation bigint NOT NULL DEFAULT 0,
    connected_at timestamptz,
    disconnected_at timestamptz,
    last_seen_at timestamptz,
    -- After this moment the station is away although nobody has closed its socket.
    offline_after timestamptz,
    -- What it answered to GetConfiguration: [{"key","value","readonly"}].
    configuration jsonb NOT NULL DEFAULT '[]',
    -- A connection password that the station took (AuthorizationKey); newer than the registry's where it is later.
    password_hash text,
    password_set_at timestamptz
);
-- A connection with a higher number is newer, whichever gateway holds it.
CREATE SEQUENCE gateway.connection_generation;

CREATE TABLE gateway.connector_status (
    charge_point_id text NOT NULL,
    -- 0: the whole point.
    connector_id integer NOT NULL CHECK (connector_id >= 0),
    status text NOT NULL,
    error_code text NOT NULL DEFAULT '',
    info text NOT NULL DEFAULT '',
    vendor_id text NOT NULL DEFAULT '',
    vendor_error_code text NOT NULL DEFAULT '',
    -- By the station's clock where it can be believed, else by ours.
    since timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (charge_point_id, connector_id)
);

-- Every change of a status, for uptime and for whoever asks why.
CREATE TABLE gateway.connector_history (
    charge_point_id text NOT NULL,
    connector_id integer NOT NULL,
    status text NOT NULL,
    error_code text NOT NULL,
    since timestamptz NOT NULL,
    received_at timestamptz NOT NULL
) PARTITION BY RANGE (received_at);
CREATE TABLE gateway.connector_history_rest PARTITION OF gateway.connector_history DEFAULT;
CREATE INDEX connector_history_place ON gateway.connector_history (charge_point_id, received_at);

-- What the registry lacks and has been told of, so that it is told once.
CREATE TABLE gateway.reported (
    kind text NOT NULL CHECK (kind IN ('point', 'connector', 'tag')),
    subject text NOT NULL,
    is_enabled boolean NOT NULL DEFAULT false,
    reported_at timestamptz NOT NULL,
    PRIMARY KEY (kind, subject)
);

-- Frames as they went over the wire, secrets masked: evidence, written behind and the first to be given up.
CREATE TABLE gateway.frame_log (
    charge_point_id text NOT NULL,
    logged_at timestamptz NOT NULL,
    is_incoming boolean NOT NULL,
    message_id text NOT NULL,
    action text NOT NULL,
    frame text NOT NULL
) PARTITION BY RANGE (logged_at);
CREATE TABLE gateway.frame_log_rest PARTITION OF gateway.frame_log DEFAULT;
CREATE INDEX frame_log_place ON gateway.frame_log (charge_point_id, logged_at);
GRANT DELETE ON gateway.frame_log, gateway.connector_history TO gateway;

-- Frames that were not believed, for an operator to look at.
CREATE TABLE gateway.quarantined_frame (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_point_id text NOT NULL,
    received_at timestamptz NOT NULL,
    reason text NOT NULL,
    frame text NOT NULL,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done')),
    note text NOT NULL DEFAULT ''
);
CREATE INDEX quarantined_frame_of_point ON gateway.quarantined_frame (charge_point_id, id DESC);

-- Commands to stations: who asked, and what came of it.
CREATE TABLE gateway.command_log (
    id text PRIMARY KEY,
    charge_point_id text NOT NULL,
    action text NOT NULL,
    payload jsonb NOT NULL,
    asked_by bigint,
    door text NOT NULL,
    request_id text,
    asked_at timestamptz NOT NULL,
    answered_at timestamptz,
    -- The station's answer, or why there is none.
    answer jsonb,
    refusal text
);
CREATE INDEX command_log_of_point ON gateway.command_log (charge_point_id, asked_at DESC);

-- What operators read as the system log (api.md 4.12).
CREATE TABLE gateway.sys_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    logged_at timestamptz NOT NULL,
    charge_point_id text,
    feature text NOT NULL,
    text text NOT NULL,
    importance text NOT NULL DEFAULT ' '
) PARTITION BY RANGE (logged_at);
CREATE TABLE gateway.sys_log_rest PARTITION OF gateway.sys_log DEFAULT;
CREATE INDEX sys_log_newest ON gateway.sys_log (logged_at DESC, id DESC);
CREATE INDEX sys_log_of_point ON gateway.sys_log (charge_point_id, logged_at DESC);
GRANT DELETE ON gateway.sys_log TO gateway;

CREATE VIEW gateway_view.station AS
    SELECT charge_point_id, vendor, model, serial_number, firmware_version, booted_at, protocol_version, gateway,
        connected_at, disconnected_at, last_seen_at, offline_after
    FROM gateway.station;

CREATE VIEW gateway_view.station_configuration AS
    SELECT charge_point_id, configuration FROM gateway.station;

CREATE VIEW gateway_view.sys_log AS
    SELECT id, logged_at AS time, feature, charge_point_id, text, importance FROM gateway.sys_log;

GRANT SELECT ON gateway_view.station, gateway_view.station_configuration, gateway_view.sys_log
    TO gateway, accounts, billing, reporting;
