-- The schemas of VoltBus and who may do what in them, once per database. As a superuser, after 01-roles.sql; safe to run again.
--
-- A service has its own schema and `<service>_view`, where it publishes what others may read. In its own schema it may read, add and
-- change rows by default. Everything else is granted by the migration that makes it: DELETE by exception, and each published view to
-- the services that read it.
DO $$
DECLARE
    service text;
BEGIN
    EXECUTE format('ALTER DATABASE %I OWNER TO voltbus_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    ALTER SCHEMA public OWNER TO voltbus_owner;
    ALTER DEFAULT PRIVILEGES FOR ROLE voltbus_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

    FOREACH service IN ARRAY ARRAY['gateway', 'accounts', 'billing', 'reporting'] LOOP
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), service);
        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION voltbus_owner', service);
        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION voltbus_owner', service || '_view');
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', service, service);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO gateway, accounts, billing, reporting', service || '_view');
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES FOR ROLE voltbus_owner IN SCHEMA %I GRANT SELECT, INSERT, UPDATE ON TABLES TO %I',
            service, service);
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES FOR ROLE voltbus_owner IN SCHEMA %I GRANT USAGE ON SEQUENCES TO %I',
            service, service);
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES FOR ROLE voltbus_owner IN SCHEMA %I GRANT EXECUTE ON FUNCTIONS TO %I',
            service, service);
    END LOOP;
END
$$;
