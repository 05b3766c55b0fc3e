-- Pictures of people and of stations, drawn anew from what was sent; and where stations are, for searches around a place.

CREATE TABLE accounts.avatar (
    user_id bigint PRIMARY KEY REFERENCES accounts.account,
    media_type text NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg')),
    bytes bytea NOT NULL,
    changed_at timestamptz NOT NULL
);
GRANT DELETE ON accounts.avatar TO accounts;

CREATE TABLE accounts.site_picture (
    site_id bigint PRIMARY KEY REFERENCES accounts.site,
    media_type text NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg')),
    bytes bytea NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE INDEX site_place ON accounts.site USING gist (point(longitude, latitude)) WHERE deleted_at IS NULL;
