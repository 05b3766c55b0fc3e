-- Starts that people asked for by app or web, and that were refused: how many charge at the first attempt is counted from them too.
CREATE TABLE accounts.refused_start (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_point_id text NOT NULL,
    connector_id integer NOT NULL,
    user_id bigint NOT NULL,
    at timestamptz NOT NULL,
    -- Of api.md 1.3.
    code integer NOT NULL
);
CREATE INDEX refused_start_place ON accounts.refused_start (charge_point_id, at);

CREATE VIEW accounts_view.refused_start AS
    SELECT id, charge_point_id, connector_id, user_id, at, code FROM accounts.refused_start;
GRANT SELECT ON accounts_view.refused_start TO reporting;
