-- Certificates that our authority signed for stations, and files that stations were asked to fetch or to bring.

CREATE TABLE gateway.station_certificate (
    charge_point_id text NOT NULL,
    -- Hexadecimal.
    serial_number text NOT NULL,
    -- PEM.
    chain text NOT NULL,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- What the station said to it; null until then.
    answer text,
    PRIMARY KEY (charge_point_id, serial_number)
);

CREATE TABLE gateway.station_job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_point_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('diagnostics', 'firmware', 'log', 'signed_firmware')),
    -- Of the calls that have one.
    request_id bigint,
    location text NOT NULL,
    asked_by bigint,
    asked_at timestamptz NOT NULL,
    -- The station's answer at first, then its last word about the progress.
    status text NOT NULL,
    -- The name that the station gave to what it brings.
    file_name text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL,
    is_over boolean NOT NULL DEFAULT false
);
CREATE INDEX station_job_of_point ON gateway.station_job (charge_point_id, id DESC);

CREATE VIEW gateway_view.station_job AS
    SELECT id, charge_point_id, kind, request_id, location, asked_by, asked_at, status, file_name, changed_at, is_over
    FROM gateway.station_job;
CREATE VIEW gateway_view.station_certificate AS
    SELECT charge_point_id, serial_number, issued_at, expires_at, answer FROM gateway.station_certificate;
GRANT SELECT ON gateway_view.station_job, gateway_view.station_certificate TO gateway, accounts, billing, reporting;
