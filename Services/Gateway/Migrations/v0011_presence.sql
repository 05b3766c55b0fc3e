-- When stations came and went, for uptime.

CREATE TABLE gateway.presence_history (
    charge_point_id text NOT NULL,
    at timestamptz NOT NULL,
    is_online boolean NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE gateway.presence_history_rest PARTITION OF gateway.presence_history DEFAULT;
CREATE INDEX presence_history_place ON gateway.presence_history (charge_point_id, at);
GRANT DELETE ON gateway.presence_history TO gateway;

INSERT INTO gateway.presence_history (charge_point_id, at, is_online)
SELECT charge_point_id, connected_at, true FROM gateway.station WHERE connected_at IS NOT NULL
UNION ALL
SELECT charge_point_id, disconnected_at, false FROM gateway.station WHERE disconnected_at >= connected_at;

-- A trigger, so that whatever writes the table of stations leaves its trace.
CREATE FUNCTION gateway.note_presence() RETURNS trigger LANGUAGE plpgsql SET search_path TO '' AS $$
BEGIN
    IF NEW.connected_at IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.connected_at IS DISTINCT FROM OLD.connected_at) THEN
        -- Nobody closed the connection before: it ended when its station had been silent for too long.
        IF TG_OP = 'UPDATE' AND OLD.connected_at IS NOT NULL AND OLD.disconnected_at IS NULL
            AND OLD.offline_after < NEW.connected_at THEN
            INSERT INTO gateway.presence_history (charge_point_id, at, is_online)
            VALUES (NEW.charge_point_id, OLD.offline_after, false);
        END IF;
        INSERT INTO gateway.presence_history (charge_point_id, at, is_online)
        VALUES (NEW.charge_point_id, NEW.connected_at, true);
    ELSIF TG_OP = 'UPDATE' AND NEW.disconnected_at IS NOT NULL AND OLD.disconnected_at IS NULL THEN
        INSERT INTO gateway.presence_history (charge_point_id, at, is_online)
        VALUES (NEW.charge_point_id, least(NEW.disconnected_at, greatest(OLD.offline_after, OLD.connected_at)), false);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER station_presence AFTER INSERT OR UPDATE OF connected_at, disconnected_at ON gateway.station
    FOR EACH ROW EXECUTE FUNCTION gateway.note_presence();

-- As before, and for the new table too.
CREATE OR REPLACE FUNCTION gateway.make_partition(parent text, suffix text, first timestamptz, next timestamptz)
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path TO '' AS $$
BEGIN
    IF parent NOT IN ('meter_reading', 'frame_log', 'sys_log', 'connector_history', 'presence_history')
        OR suffix !~ '^[0-9]{4,8}$' THEN
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
    WHEN check_violation THEN RETURN false;
END
$$;

CREATE OR REPLACE FUNCTION gateway.drop_partitions(parent text, before text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path TO '' AS $$
DECLARE
    old text;
    dropped integer := 0;
BEGIN
    IF parent NOT IN ('frame_log', 'sys_log', 'connector_history', 'presence_history')
        OR before !~ '^[0-9]{4,8}$' THEN
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

CREATE VIEW gateway_view.presence AS
    SELECT charge_point_id, at, is_online FROM gateway.presence_history;
GRANT SELECT ON gateway_view.presence TO gateway, accounts, billing, reporting;
