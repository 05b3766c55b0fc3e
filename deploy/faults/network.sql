-- Charge points, drivers and cards of the fault tests. Run as the owner: psql -v stations=100 -f deploy/faults/network.sql
\set ON_ERROR_STOP on
BEGIN;

INSERT INTO billing.plan (plan_id, description, price_per_kwh, price_per_hour, free_minutes)
VALUES ('faults', 'of the fault tests', 40, 600, 0);

INSERT INTO accounts.account (user_hex, username, name, payment_plan, created_at)
SELECT md5('fault ' || number), 'fault-' || number, 'Fault ' || number, 'faults', now()
FROM generate_series(1, :stations) AS number;

INSERT INTO accounts.tag (id_tag, user_id, source, registered_at)
SELECT 'FAULT' || number, account.id, 'faults', now()
FROM generate_series(1, :stations) AS number JOIN accounts.account AS account ON account.username = 'fault-' || number;

INSERT INTO accounts.charge_point (charge_point_id, title, created_at)
SELECT 'FAULT-' || lpad(number::text, 4, '0'), 'Fault ' || number, now() FROM generate_series(1, :stations) AS number;

-- As strong as a station may be: none of its energy is to be doubted.
INSERT INTO accounts.connector (charge_point_id, number, power_w)
SELECT charge_point_id, 1, 350000 FROM accounts.charge_point WHERE starts_with(charge_point_id, 'FAULT-');

COMMIT;
