-- A year of a large network, the same every time: 1 000 charge points, 50 000 drivers, 5 000 000 finished sessions with four
-- readings each. For psql, as the superuser, on a migrated and empty database; deploy/verify/volume does it.
\set ON_ERROR_STOP on
\if :{?sessions}
\else
\set sessions 5000000
\endif
\timing on

-- A number from 0 to below 1 that depends on nothing but its two keys.
CREATE FUNCTION pg_temp.chance(number bigint, about bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ((hashint8extended(number, about) & 1048575)::double precision / 1048576);

INSERT INTO accounts.account (user_hex, username, email, name, role, user_group, created_at)
SELECT md5(number::text), 'driver' || number, 'driver' || number || '@example.org', 'Driver ' || number, 'user',
    'group' || number % 20, '2025-01-01Z'
FROM generate_series(1, 50000) AS number;

INSERT INTO accounts.site (name, latitude, longitude, address, created_at)
SELECT 'Site ' || number, 50, 14, 'Street ' || number, '2025-01-01Z' FROM generate_series(1, 100) AS number;

INSERT INTO accounts.charge_point (charge_point_id, title, site_id, created_at)
SELECT 'VOL-' || lpad(number::text, 4, '0'), 'Point ' || number, 1 + number % 100, '2025-01-01Z'
FROM generate_series(0, 999) AS number;

INSERT INTO accounts.connector (charge_point_id, number, power_w)
SELECT 'VOL-' || lpad(number::text, 4, '0'), connector, 22000
FROM generate_series(0, 999) AS number, generate_series(1, 2) AS connector;

INSERT INTO gateway.session (session_id, charge_point_id, connector_id, station_id, user_id, tag, status, end_reason,
    requested_at, started_at, ended_at, meter_start, meter_stop, energy_wh, plan_id, price_per_kwh, funding)
SELECT number, 'VOL-' || lpad(span.point::text, 4, '0'), 1 + number % 2, 1 + span.point % 100,
    1 + (pg_temp.chance(number, 2) * 49999)::bigint, 'T' || number % 50000, 'done', 'user_stopped', span.began, span.began,
    span.began + span.lasted, 0, span.energy, span.energy, 'default', 40, 'balance'
FROM generate_series(1, :sessions) AS number
CROSS JOIN LATERAL (
    SELECT timestamptz '2025-11-01Z' + interval '365 days' * (number::double precision / :sessions) AS began,
        interval '1 minute' * (10 + 230 * pg_temp.chance(number, 3)) AS lasted,
        1 + (60000 * pg_temp.chance(number, 4))::bigint AS energy,
        floor(1000 * pg_temp.chance(number, 1))::integer AS point
) AS span;
SELECT setval('gateway.session_number', :sessions);

INSERT INTO gateway.meter_reading (session_id, charge_point_id, connector_id, taken_at, received_at, energy_wh, power_w)
SELECT charge.session_id, charge.charge_point_id, charge.connector_id, taken.at, taken.at,
    charge.energy_wh * quarter / 4, 11000
FROM gateway.session AS charge
CROSS JOIN generate_series(1, 4) AS quarter
CROSS JOIN LATERAL (
    SELECT charge.started_at + (charge.ended_at - charge.started_at) * (quarter / 4.0) - interval '1 second' AS at
) AS taken;

INSERT INTO billing.settled_session (session_id, user_id, charge_point_id, energy_wh, duration_s, price, discount, cost,
    funding, paid, settled_at)
SELECT session_id, user_id, charge_point_id, energy_wh, extract(epoch FROM ended_at - started_at), energy_wh * 40 / 1000, 0,
    energy_wh * 40 / 1000, 'balance', energy_wh * 40 / 1000, ended_at
FROM gateway.session;

-- A million stays of the first driver.
INSERT INTO accounts.parking_lot (name, address, pin_code, price_per_hour, is_active, created_at, updated_at)
VALUES ('Harbour', 'Long Street 12', '123456', 300, true, '2025-01-01Z', '2025-01-01Z');
INSERT INTO accounts.parking_spot (lot_id, number) SELECT id, 1 FROM accounts.parking_lot WHERE name = 'Harbour';
INSERT INTO accounts.parking_reservation (lot_id, spot_id, user_id, vehicle_number, parked_at, left_at, hourly_rate, cost,
    status, created_at, updated_at)
SELECT spot.lot_id, spot.id, person.id, 'ABC123', stay.began, stay.began + interval '25 minutes', 300, 300, 'completed',
    stay.began, stay.began
FROM accounts.account AS person
CROSS JOIN accounts.parking_spot AS spot
CROSS JOIN LATERAL (
    SELECT timestamptz '2006-01-01Z' + interval '10 minutes' * number AS began FROM generate_series(1, 1000000) AS number
) AS stay
WHERE person.username = 'driver1';

-- An administrator who asks, and the first driver.
INSERT INTO accounts.account (user_hex, username, email, name, role, access_level, created_at)
VALUES (md5('boss'), 'boss', 'boss@example.org', 'Boss', 'admin', 10, '2025-01-01Z');
INSERT INTO accounts.login_session (user_id, kind, device_token_digest, ip_address, user_agent, created_at, last_used_at,
    expires_at)
SELECT id, 'device', sha256(convert_to(md5(username), 'UTF8')), '127.0.0.1', 'volume', now(), now(), now() + interval '30 days'
FROM accounts.account WHERE username IN ('boss', 'driver1');

VACUUM ANALYZE;
