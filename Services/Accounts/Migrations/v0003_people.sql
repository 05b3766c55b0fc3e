-- People, their logins and tags, and the settings of the platform.

CREATE TABLE accounts.account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What one family of the API calls user_id.
    user_hex text NOT NULL UNIQUE CHECK (user_hex ~ '^[0-9a-f]{32}$'),
    username text NOT NULL,
    -- Lower case; empty for none.
    email text NOT NULL DEFAULT '' CHECK (email = lower(email)),
    -- Null: no login with a password.
    password_hash text,
    -- What one family calls name; empty: first and last name.
    name text NOT NULL DEFAULT '',
    first_name text,
    last_name text,
    phone text,
    address_line1 text,
    city text,
    postal_code text,
    country text CHECK (char_length(country) = 2),
    date_of_birth date,
    gender text CHECK (gender IN ('male', 'female', 'other')),
    tax_id text,
    language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'pl', 'cs')),
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'operator', 'admin')),
    access_level smallint NOT NULL DEFAULT 0 CHECK (access_level BETWEEN 0 AND 10),
    is_vip boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'suspended')),
    payment_plan text NOT NULL DEFAULT 'default',
    user_group text NOT NULL DEFAULT 'default',
    warning_emails_enabled boolean NOT NULL DEFAULT false,
    warning_email text NOT NULL DEFAULT '',
    -- The account of ADMIN_EMAIL: neither deleted nor demoted through the API.
    is_administrator boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    last_login_at timestamptz,
    last_seen_at timestamptz,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX account_username ON accounts.account (username) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX account_email ON accounts.account (email) WHERE deleted_at IS NULL AND email <> '';
CREATE UNIQUE INDEX account_administrator ON accounts.account (is_administrator) WHERE is_administrator;

ALTER TABLE accounts.site ADD FOREIGN KEY (owner_id) REFERENCES accounts.account;
ALTER TABLE accounts.charge_point ADD FOREIGN KEY (owner_id) REFERENCES accounts.account;
ALTER TABLE accounts.access_grant
    ADD FOREIGN KEY (user_id) REFERENCES accounts.account,
    ADD FOREIGN KEY (granted_by) REFERENCES accounts.account;
ALTER TABLE accounts.car ADD FOREIGN KEY (owner_id) REFERENCES accounts.account;

-- One login: it owns a family of refresh tokens or a device token.
CREATE TABLE accounts.login_session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES accounts.account,
    kind text NOT NULL CHECK (kind IN ('refresh', 'device')),
    -- SHA-256; the token itself is nowhere.
    device_token_digest bytea UNIQUE,
    ip_address text NOT NULL,
    user_agent text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    -- The end of the refresh family, or of the time that a device token may lie unused.
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK ((kind = 'device') = (device_token_digest IS NOT NULL))
);
CREATE INDEX login_session_of_user ON accounts.login_session (user_id) WHERE revoked_at IS NULL;
CREATE INDEX login_session_end ON accounts.login_session (expires_at);
GRANT DELETE ON accounts.login_session TO accounts;

-- Refresh tokens by their SHA-256. A retired one that comes back betrays a thief.
CREATE TABLE accounts.refresh_token (
    digest bytea PRIMARY KEY,
    login_session_id bigint NOT NULL REFERENCES accounts.login_session ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);
CREATE INDEX refresh_token_of_login ON accounts.refresh_token (login_session_id);

-- Ed25519 keys of access tokens; the private part is sealed under SECRET_KEY. A retired key stays until its last token is over.
CREATE TABLE accounts.signing_key (
    kid text PRIMARY KEY,
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    sealed_private_key text NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);
GRANT DELETE ON accounts.signing_key TO accounts;

CREATE TABLE accounts.login_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint REFERENCES accounts.account,
    username text NOT NULL,
    action text NOT NULL
        CHECK (action IN ('login', 'login_failed', 'logout', 'refresh', 'refresh_reuse', 'locked')),
    ip_address text NOT NULL,
    user_agent text NOT NULL,
    happened_at timestamptz NOT NULL
);
CREATE INDEX login_event_of_user ON accounts.login_event (user_id, id DESC);

-- Failures by the name that was typed, whether there is such an account or not.
CREATE TABLE accounts.login_lock (
    name text PRIMARY KEY,
    failures integer NOT NULL,
    first_failure_at timestamptz NOT NULL,
    -- Locks so far; each is twice as long as the one before.
    locks integer NOT NULL DEFAULT 0,
    locked_until timestamptz
);
GRANT DELETE ON accounts.login_lock TO accounts;

CREATE TABLE accounts.invite (
    code text PRIMARY KEY,
    created_by bigint NOT NULL REFERENCES accounts.account,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
GRANT DELETE ON accounts.invite TO accounts;

CREATE TABLE accounts.tag (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id_tag text NOT NULL CHECK (id_tag = upper(id_tag) AND char_length(id_tag) BETWEEN 1 AND 20),
    -- Null: a station reported it and nobody has claimed it.
    user_id bigint REFERENCES accounts.account,
    source text NOT NULL DEFAULT '',
    is_enabled boolean NOT NULL DEFAULT true,
    -- Belongs in the stations' local lists.
    is_local boolean NOT NULL DEFAULT false,
    note text NOT NULL DEFAULT '',
    expires_at timestamptz,
    parent_tag text,
    registered_at timestamptz NOT NULL,
    last_seen_at timestamptz,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX tag_word ON accounts.tag (id_tag) WHERE deleted_at IS NULL;
CREATE INDEX tag_of_user ON accounts.tag (user_id) WHERE deleted_at IS NULL;

-- `app`, `company`, `tariff` and whatever else an administrator keeps.
CREATE TABLE accounts.setting (
    name text PRIMARY KEY,
    value jsonb NOT NULL CHECK (jsonb_typeof(value) = 'object'),
    updated_at timestamptz NOT NULL
);

CREATE VIEW accounts_view.login AS
    SELECT login.id AS login_session_id, login.user_id, login.device_token_digest, account.role, account.access_level,
        account.status = 'active' AND account.deleted_at IS NULL AS is_active, login.revoked_at IS NOT NULL AS is_revoked,
        login.expires_at, login.last_used_at
    FROM accounts.login_session AS login
    JOIN accounts.account AS account ON account.id = login.user_id;

CREATE VIEW accounts_view.signing_key AS SELECT kid, public_key FROM accounts.signing_key;

CREATE VIEW accounts_view.account AS
    SELECT account.id AS user_id, account.user_hex, account.username, account.email,
        coalesce(nullif(account.name, ''), nullif(concat_ws(' ', account.first_name, account.last_name), ''),
            account.username) AS name,
        account.role, account.access_level, account.status = 'active' AND account.deleted_at IS NULL AS is_active,
        account.deleted_at IS NOT NULL AS is_deleted, account.is_vip,
        EXISTS (
            SELECT FROM accounts.charge_point AS point
            WHERE point.owner_id = account.id AND point.deleted_at IS NULL
        ) AS is_host,
        account.payment_plan, account.user_group, account.language, account.warning_emails_enabled,
        account.warning_email, account.created_at
    FROM accounts.account AS account;

CREATE VIEW accounts_view.buyer AS
    SELECT id AS user_id,
        coalesce(nullif(concat_ws(' ', first_name, last_name), ''), nullif(name, ''), username) AS name,
        concat_ws(', ', address_line1, nullif(concat_ws(' ', postal_code, city), ''), country) AS address, tax_id
    FROM accounts.account;

CREATE VIEW accounts_view.tag AS
    SELECT id_tag AS tag, user_id, source, is_enabled, is_local, expires_at, parent_tag, note, registered_at
    FROM accounts.tag
    WHERE deleted_at IS NULL;

CREATE VIEW accounts_view.setting AS SELECT name, value, updated_at FROM accounts.setting;

GRANT SELECT ON accounts_view.login, accounts_view.signing_key, accounts_view.account, accounts_view.tag,
    accounts_view.setting TO gateway, accounts, billing, reporting;
GRANT SELECT ON accounts_view.buyer TO billing;
