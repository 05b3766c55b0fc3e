-- Since when sessions have been looked after without a break. Nobody is called silent for a time in which nobody listened: the gateways or
-- the database were away, or the clock jumped.
CREATE TABLE gateway.watch (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    listening_since timestamptz NOT NULL,
    looked_at timestamptz NOT NULL
);
