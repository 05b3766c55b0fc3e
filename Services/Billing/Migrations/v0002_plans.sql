-- Prices, discounts and cards: what a start of charging reads.

CREATE TABLE billing.plan (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Several rows may share it, with different windows: day and night.
    plan_id text NOT NULL CHECK (plan_id ~ '^[A-Za-z0-9_-]{1,50}$'),
    description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 255),
    is_default boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    price_per_kwh bigint NOT NULL CHECK (price_per_kwh BETWEEN 0 AND 100000),
    price_per_hour bigint NOT NULL DEFAULT 0 CHECK (price_per_hour BETWEEN 0 AND 1000000),
    free_minutes integer NOT NULL DEFAULT 60 CHECK (free_minutes BETWEEN 0 AND 1440),
    -- Minutes of the day, local to TARIFF_TIMEZONE, both inclusive; both null: always.
    start_minute smallint CHECK (start_minute BETWEEN 0 AND 1439),
    end_minute smallint CHECK (end_minute BETWEEN 0 AND 1439),
    deleted_at timestamptz,
    CHECK ((start_minute IS NULL) = (end_minute IS NULL))
);
CREATE UNIQUE INDEX plan_default ON billing.plan (is_default) WHERE is_default AND deleted_at IS NULL;
CREATE INDEX plan_word ON billing.plan (plan_id) WHERE deleted_at IS NULL;

CREATE TABLE billing.discount (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL CHECK (code ~ '^[A-Z0-9_-]{3,32}$'),
    percent_hundredths integer NOT NULL CHECK (percent_hundredths BETWEEN 1 AND 10000),
    expires_at timestamptz,
    max_uses integer CHECK (max_uses >= 1),
    usage_count integer NOT NULL DEFAULT 0 CHECK (usage_count >= 0),
    -- Only this user may use it.
    user_id bigint,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX discount_code ON billing.discount (code) WHERE deleted_at IS NULL;

CREATE TABLE billing.payment_method (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL,
    -- The provider's token of the card, never its number.
    identifier text NOT NULL CHECK (char_length(identifier) BETWEEN 1 AND 255),
    description text NOT NULL DEFAULT '',
    -- Masked; at most the last four digits are clear.
    card_number text NOT NULL DEFAULT '',
    card_type text NOT NULL DEFAULT '',
    card_brand text NOT NULL DEFAULT '',
    card_country text NOT NULL DEFAULT '',
    -- The last day of its month.
    expires_on date,
    is_default boolean NOT NULL DEFAULT false,
    fail_count integer NOT NULL DEFAULT 0 CHECK (fail_count >= 0),
    merchant_cof_txnid text NOT NULL DEFAULT '',
    added_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX payment_method_identifier ON billing.payment_method (identifier) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX payment_method_default ON billing.payment_method (user_id) WHERE is_default AND deleted_at IS NULL;
CREATE INDEX payment_method_of_user ON billing.payment_method (user_id) WHERE deleted_at IS NULL;

CREATE VIEW billing_view.plan AS
    SELECT id AS plan_row_id, plan_id, description, is_default, is_active, price_per_kwh, price_per_hour, free_minutes,
        start_minute, end_minute
    FROM billing.plan
    WHERE deleted_at IS NULL;

CREATE VIEW billing_view.discount AS
    SELECT id AS discount_id, code, percent_hundredths, expires_at, max_uses, usage_count, user_id,
        deleted_at IS NOT NULL AS is_deleted
    FROM billing.discount;

CREATE VIEW billing_view.card AS
    SELECT user_id, id AS method_id, identifier, card_number, card_brand, fail_count, expires_on, is_default, added_at
    FROM billing.payment_method
    WHERE deleted_at IS NULL;

GRANT SELECT ON billing_view.plan, billing_view.discount, billing_view.card TO gateway, accounts, billing, reporting;
