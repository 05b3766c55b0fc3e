-- The roles of VoltBus, once per cluster. As a superuser; safe to run again.
--
--   voltbus_owner   owns the database, every schema and everything that a migration makes; `migrate` alone logs in as it
--   gateway, accounts, billing, reporting   one for each service; own nothing
--   backup          reads everything but secrets (`migrate up` says what those are) and changes nothing
--
-- Passwords come from the environment (deploy/run) or from files that it names (docker-compose).
\set ON_ERROR_STOP on
\set owner_password `printf %s "${MIGRATE_DATABASE_PASSWORD-$(cat "$MIGRATE_DATABASE_PASSWORD_FILE")}"`
\set gateway_password `printf %s "${GATEWAY_DATABASE_PASSWORD-$(cat "$GATEWAY_DATABASE_PASSWORD_FILE")}"`
\set accounts_password `printf %s "${ACCOUNTS_DATABASE_PASSWORD-$(cat "$ACCOUNTS_DATABASE_PASSWORD_FILE")}"`
\set billing_password `printf %s "${BILLING_DATABASE_PASSWORD-$(cat "$BILLING_DATABASE_PASSWORD_FILE")}"`
\set reporting_password `printf %s "${REPORTING_DATABASE_PASSWORD-$(cat "$REPORTING_DATABASE_PASSWORD_FILE")}"`
\set backup_password `printf %s "${BACKUP_DATABASE_PASSWORD-$(cat "$BACKUP_DATABASE_PASSWORD_FILE")}"`

SELECT length(:'owner_password') > 0 AND length(:'gateway_password') > 0 AND length(:'accounts_password') > 0
    AND length(:'billing_password') > 0 AND length(:'reporting_password') > 0
    AND length(:'backup_password') > 0 AS every_role_has_a_password \gset
\if :every_role_has_a_password
\else
DO $$ BEGIN RAISE EXCEPTION 'a role would have an empty password'; END $$;
\endif

SELECT format('CREATE ROLE %I LOGIN', wanted.name)
FROM unnest(ARRAY['voltbus_owner', 'gateway', 'accounts', 'billing', 'reporting', 'backup']) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name)
\gexec

-- Keeps the passwords out of the server's log.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
ALTER ROLE voltbus_owner PASSWORD :'owner_password';
ALTER ROLE gateway PASSWORD :'gateway_password';
ALTER ROLE accounts PASSWORD :'accounts_password';
ALTER ROLE billing PASSWORD :'billing_password';
ALTER ROLE reporting PASSWORD :'reporting_password';
ALTER ROLE backup PASSWORD :'backup_password';
RESET log_statement;
RESET log_min_duration_statement;

-- Every statement of ours spells the schema; with nothing on the path a forgotten one fails at once.
ALTER ROLE gateway SET search_path TO '';
ALTER ROLE accounts SET search_path TO '';
ALTER ROLE billing SET search_path TO '';
ALTER ROLE reporting SET search_path TO '';
ALTER ROLE backup SET search_path TO '';
ALTER ROLE backup SET default_transaction_read_only = on;

-- `migrate verify-backup` restores into a database that it makes, and drops it.
ALTER ROLE voltbus_owner CREATEDB;
