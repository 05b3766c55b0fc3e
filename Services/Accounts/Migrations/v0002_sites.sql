-- What operators and hosts configured: sites (the API's stations), charge points, connectors (its ports), shares, cars.
-- What stations report of themselves is the gateway's. References to accounts are added with the table of accounts.

CREATE TABLE accounts.site (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 3 AND 255),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'maintenance')),
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    address text NOT NULL CHECK (char_length(address) BETWEEN 1 AND 255),
    city text,
    postal_code text,
    country text CHECK (char_length(country) = 2),
    -- Both or none; closing before opening means open over midnight.
    opening_time time,
    closing_time time,
    price_per_kwh bigint CHECK (price_per_kwh BETWEEN 0 AND 100000),
    power_limit_w integer CHECK (power_limit_w > 0),
    default_power_limit_w integer CHECK (default_power_limit_w > 0),
    roaming boolean NOT NULL DEFAULT false,
    owner_id bigint,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CHECK ((opening_time IS NULL AND closing_time IS NULL)
        OR (opening_time IS NOT NULL AND closing_time IS NOT NULL AND opening_time <> closing_time))
);

CREATE TABLE accounts.charge_point (
    charge_point_id text PRIMARY KEY CHECK (charge_point_id ~ '^[A-Za-z0-9*_=:+|@.-]{1,48}$'),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 100),
    description text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    owner_id bigint,
    site_id bigint REFERENCES accounts.site,
    is_enabled boolean NOT NULL DEFAULT true,
    -- 0 is public: visible to everyone, with or without a login.
    access_level smallint NOT NULL DEFAULT 0 CHECK (access_level BETWEEN 0 AND 10),
    power_limit_w integer CHECK (power_limit_w > 0),
    smart_charging boolean NOT NULL DEFAULT false,
    trigger_message boolean NOT NULL DEFAULT false,
    registration text NOT NULL DEFAULT 'approved' CHECK (registration IN ('approved', 'pending', 'rejected')),
    -- OCPP's: 0 nothing, 1 password, 2 password behind TLS, 3 client certificate.
    security_profile smallint NOT NULL DEFAULT 0 CHECK (security_profile BETWEEN 0 AND 3),
    default_protocol text CHECK (default_protocol IN ('ocpp1.6')),
    -- Of the connection password, as Shared/Crypto's ConnectionPasswords makes it; the password itself is nowhere.
    password_hash text,
    password_set_at timestamptz,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE INDEX charge_point_of_owner ON accounts.charge_point (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX charge_point_of_site ON accounts.charge_point (site_id) WHERE site_id IS NOT NULL;
-- Generated identities: VB-000001, VB-000002 …
CREATE SEQUENCE accounts.charge_point_number;

CREATE TABLE accounts.connector (
    port_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_point_id text NOT NULL REFERENCES accounts.charge_point,
    number integer NOT NULL CHECK (number BETWEEN 1 AND 99),
    name text NOT NULL DEFAULT '',
    connector_type text NOT NULL DEFAULT '',
    current_type text NOT NULL DEFAULT 'AC' CHECK (current_type IN ('AC', 'DC')),
    power_w integer NOT NULL DEFAULT 0 CHECK (power_w BETWEEN 0 AND 1000000),
    price_per_kwh bigint CHECK (price_per_kwh BETWEEN 0 AND 100000),
    is_active boolean NOT NULL DEFAULT true,
    -- Set by staff; stands above what the station reports.
    overlay text CHECK (overlay IN ('maintenance', 'faulty')),
    deleted_at timestamptz
);
CREATE UNIQUE INDEX connector_of_point ON accounts.connector (charge_point_id, number) WHERE deleted_at IS NULL;

CREATE TABLE accounts.access_grant (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_point_id text NOT NULL REFERENCES accounts.charge_point,
    user_id bigint NOT NULL,
    granted_by bigint NOT NULL,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    UNIQUE (charge_point_id, user_id)
);
CREATE INDEX access_grant_of_user ON accounts.access_grant (user_id);
GRANT DELETE ON accounts.access_grant TO accounts;

CREATE TABLE accounts.car (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id bigint NOT NULL,
    plate text NOT NULL CHECK (char_length(plate) BETWEEN 1 AND 20 AND plate = upper(plate)),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    battery_capacity_wh integer NOT NULL CHECK (battery_capacity_wh BETWEEN 1 AND 999990),
    max_charging_power_w integer NOT NULL CHECK (max_charging_power_w BETWEEN 1 AND 999990),
    connector_type text NOT NULL,
    year smallint NOT NULL CHECK (year >= 1990),
    country_code text NOT NULL CHECK (char_length(country_code) = 2),
    registered_on timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX car_plate ON accounts.car (plate) WHERE deleted_at IS NULL;
CREATE INDEX car_of_owner ON accounts.car (owner_id);

CREATE VIEW accounts_view.station AS
    SELECT id AS station_id, name, status, address, city, postal_code, country, latitude, longitude,
        opening_time, closing_time, price_per_kwh, power_limit_w, owner_id, deleted_at IS NOT NULL AS is_deleted
    FROM accounts.site;

CREATE VIEW accounts_view.charge_point AS
    SELECT charge_point_id, title, description, address, owner_id, site_id AS station_id, is_enabled,
        deleted_at IS NOT NULL AS is_deleted, access_level, access_level = 0 AS is_public, latitude, longitude,
        power_limit_w, smart_charging, trigger_message, registration, security_profile, default_protocol, created_at
    FROM accounts.charge_point;

CREATE VIEW accounts_view.connection_password AS
    SELECT charge_point_id, password_hash AS hash, password_set_at AS set_at
    FROM accounts.charge_point
    WHERE password_hash IS NOT NULL AND deleted_at IS NULL;

CREATE VIEW accounts_view.connector AS
    SELECT port_id, charge_point_id, number AS connector_id, name AS connector_name, connector_type, current_type,
        power_w, price_per_kwh, is_active, overlay, deleted_at IS NOT NULL AS is_deleted
    FROM accounts.connector;

CREATE VIEW accounts_view.access_grant AS
    SELECT charge_point_id, user_id, expires_at FROM accounts.access_grant;

CREATE VIEW accounts_view.car AS
    SELECT id AS car_id, owner_id, plate, name, deleted_at IS NOT NULL AS is_deleted FROM accounts.car;

GRANT SELECT ON accounts_view.station, accounts_view.charge_point, accounts_view.connector, accounts_view.access_grant,
    accounts_view.car TO gateway, accounts, billing, reporting;
GRANT SELECT ON accounts_view.connection_password TO gateway;
