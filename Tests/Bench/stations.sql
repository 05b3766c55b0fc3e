-- Charge points, a person and a tag for a bench run. Run as the owner of the database, against a throw-away one:
--   psql "$DATABASE_URL" -v stations=2000 -f Tests/Bench/stations.sql
-- Further variables: tag (BENCH), prefix (BENCH-), digits (5). Running it again changes nothing.
\set ON_ERROR_STOP on
\if :{?stations} \else \set stations 2000 \endif
\if :{?tag} \else \set tag BENCH \endif
\if :{?prefix} \else \set prefix BENCH- \endif
\if :{?digits} \else \set digits 5 \endif

BEGIN;

INSERT INTO accounts.account (user_hex, username, name, created_at)
VALUES (md5('bench ' || :'tag'), 'bench-' || lower(:'tag'), 'Bench', now())
ON CONFLICT DO NOTHING;

INSERT INTO accounts.tag (id_tag, user_id, source, registered_at)
SELECT upper(:'tag'), account.id, 'bench', now()
FROM accounts.account AS account
WHERE account.user_hex = md5('bench ' || :'tag')
ON CONFLICT DO NOTHING;

INSERT INTO accounts.charge_point (charge_point_id, title, created_at)
SELECT :'prefix' || lpad(number::text, greatest(:digits, length(number::text)), '0'), 'Bench ' || number, now()
FROM generate_series(1, :stations) AS number
ON CONFLICT DO NOTHING;

INSERT INTO accounts.connector (charge_point_id, number, power_w, price_per_kwh)
-- As strong as a station may be: hours of energy are told in seconds, and none of it is to be doubted.
SELECT point.charge_point_id, 1, 350000, 40
FROM accounts.charge_point AS point
WHERE starts_with(point.charge_point_id, :'prefix')
ON CONFLICT DO NOTHING;

COMMIT;

SELECT count(*) AS stations FROM accounts.charge_point WHERE starts_with(charge_point_id, :'prefix');
