-- What stations were given to keep: tags that they know without asking, and charging profiles; and certificates that they ask for
-- where an operator decides.

CREATE TABLE gateway.local_list (
    charge_point_id text PRIMARY KEY,
    -- Of the last update that the station took; 0 before the first.
    version integer NOT NULL,
    -- What it took, by tag: {"04A1": {"expires": seconds since 1970, "parent": tag}}. Null: not known, the next update is a full one.
    entries jsonb,
    -- Of the entries, to find the lists that are behind.
    digest text NOT NULL DEFAULT '',
    -- How many entries a message may bring.
    longest_message integer NOT NULL CHECK (longest_message > 0),
    sent_at timestamptz NOT NULL
);
GRANT DELETE ON gateway.local_list TO gateway;

CREATE TABLE gateway.charging_profile (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_point_id text NOT NULL,
    -- 0: the whole point.
    connector_id integer NOT NULL,
    -- The number that whoever made it gave it.
    profile_id bigint NOT NULL,
    purpose text NOT NULL,
    stack_level integer NOT NULL,
    kind text NOT NULL,
    -- Of a profile for one session.
    session_id bigint,
    profile jsonb NOT NULL,
    -- What the station said to it, or why it said nothing.
    verdict text NOT NULL,
    set_by bigint,
    set_at timestamptz NOT NULL,
    -- When it was cleared, or another took its place.
    cleared_at timestamptz
);
CREATE INDEX charging_profile_of_point ON gateway.charging_profile (charge_point_id, id DESC);

CREATE TABLE gateway.certificate_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_point_id text NOT NULL,
    -- PEM.
    csr text NOT NULL,
    received_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'approved', 'refused', 'replaced')),
    decided_by bigint,
    decided_at timestamptz,
    -- What the station said to its certificate.
    answer text,
    note text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX certificate_request_open ON gateway.certificate_request (charge_point_id) WHERE status = 'open';
CREATE INDEX certificate_request_of_point ON gateway.certificate_request (charge_point_id, id DESC);

CREATE VIEW gateway_view.local_list AS
    SELECT charge_point_id, version, sent_at FROM gateway.local_list;
CREATE VIEW gateway_view.charging_profile AS
    SELECT kept.id, kept.charge_point_id, kept.connector_id, kept.profile_id, kept.purpose, kept.stack_level, kept.kind,
        kept.session_id, kept.profile, kept.verdict, kept.set_by, kept.set_at,
        -- A station drops the profile of a session with the session.
        CASE WHEN kept.purpose = 'TxProfile' AND charge.is_finished
            THEN least(kept.cleared_at, charge.ended_at) ELSE kept.cleared_at END AS cleared_at
    FROM gateway.charging_profile AS kept
    LEFT JOIN gateway.session AS charge ON charge.session_id = kept.session_id;
CREATE VIEW gateway_view.certificate_request AS
    SELECT id, charge_point_id, csr, received_at, status, decided_by, decided_at, answer, note
    FROM gateway.certificate_request;
GRANT SELECT ON gateway_view.local_list, gateway_view.charging_profile, gateway_view.certificate_request
    TO gateway, accounts, billing, reporting;
