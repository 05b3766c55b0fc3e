-- Slots and the meetings that take them, notifications, questions with their answers, and parking.

-- Only to say "the same text" where "overlapping" is asked for, without an extension.
CREATE TYPE accounts.text_range AS RANGE (subtype = text, collation = "C");

-- A time that a host or an operator offers: the tutor's. Touching ends are fine, overlaps are not.
CREATE TABLE accounts.time_slot (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tutor_id bigint NOT NULL REFERENCES accounts.account,
    start_time timestamptz NOT NULL,
    end_time timestamptz NOT NULL,
    is_available boolean NOT NULL,
    charge_point_id text REFERENCES accounts.charge_point,
    -- Null beside a point: the whole point.
    connector_id integer CHECK (connector_id BETWEEN 1 AND 99),
    price_per_kwh bigint CHECK (price_per_kwh BETWEEN 0 AND 100000),
    created_at timestamptz NOT NULL,
    CHECK (end_time > start_time AND end_time <= start_time + interval '24 hours'),
    CHECK (connector_id IS NULL OR charge_point_id IS NOT NULL),
    CONSTRAINT time_slot_of_tutor EXCLUDE USING gist (
        int8range(tutor_id, tutor_id, '[]') WITH &&, tstzrange(start_time, end_time) WITH &&
    ),
    CONSTRAINT time_slot_of_connector EXCLUDE USING gist (
        accounts.text_range(charge_point_id, charge_point_id, '[]') WITH &&,
        int4range(coalesce(connector_id, 0), coalesce(connector_id, 99), '[]') WITH &&,
        tstzrange(start_time, end_time) WITH &&
    ) WHERE (charge_point_id IS NOT NULL)
);
CREATE INDEX time_slot_start ON accounts.time_slot (start_time, id);
GRANT DELETE ON accounts.time_slot TO accounts;

CREATE TABLE accounts.meeting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slot_id bigint NOT NULL REFERENCES accounts.time_slot,
    tutor_id bigint NOT NULL REFERENCES accounts.account,
    student_id bigint NOT NULL REFERENCES accounts.account,
    subject text NOT NULL CHECK (char_length(subject) BETWEEN 1 AND 100),
    notes text CHECK (char_length(notes) <= 5000),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'confirmed', 'canceled', 'completed')),
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    -- Each reminder goes out once.
    reminded_day_ahead boolean NOT NULL DEFAULT false,
    reminded_hour_ahead boolean NOT NULL DEFAULT false,
    -- The session that the student charged in the slot.
    charging_id bigint
);
CREATE UNIQUE INDEX meeting_live ON accounts.meeting (slot_id) WHERE status IN ('pending', 'confirmed');
CREATE INDEX meeting_of_slot ON accounts.meeting (slot_id);
CREATE INDEX meeting_of_student ON accounts.meeting (student_id, id DESC);
CREATE INDEX meeting_of_tutor ON accounts.meeting (tutor_id, id DESC);
GRANT DELETE ON accounts.meeting TO accounts;

CREATE TABLE accounts.notification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES accounts.account,
    meeting_id bigint REFERENCES accounts.meeting ON DELETE SET NULL,
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 100),
    message text NOT NULL CHECK (char_length(message) <= 5000),
    type text NOT NULL
        CHECK (type IN ('new_reservation', 'reservation_confirmed', 'reservation_canceled', 'reminder', 'system')),
    is_read boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL
);
CREATE INDEX notification_of_user ON accounts.notification (user_id, id DESC);
CREATE INDEX notification_of_meeting ON accounts.notification (meeting_id) WHERE meeting_id IS NOT NULL;

-- What people ask, and what staff answer; shown to everybody once it is public.
CREATE TABLE accounts.question (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    question text NOT NULL CHECK (char_length(question) BETWEEN 5 AND 500),
    answer text NOT NULL DEFAULT '' CHECK (char_length(answer) <= 5000),
    is_public boolean NOT NULL DEFAULT false,
    user_id bigint REFERENCES accounts.account,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (answer <> '' OR NOT is_public)
);
CREATE UNIQUE INDEX question_text ON accounts.question (lower(question));
GRANT DELETE ON accounts.question TO accounts;

CREATE TABLE accounts.parking_lot (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 3 AND 100),
    address text NOT NULL CHECK (char_length(address) BETWEEN 10 AND 255),
    pin_code text NOT NULL CHECK (pin_code ~ '^[0-9]{6,10}$'),
    price_per_hour bigint NOT NULL CHECK (price_per_hour BETWEEN 0 AND 1000000),
    description text CHECK (char_length(description) <= 1000),
    -- Both or none; closing before opening means open over midnight.
    opening_time time,
    closing_time time,
    is_active boolean NOT NULL,
    site_id bigint REFERENCES accounts.site,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CHECK ((opening_time IS NULL AND closing_time IS NULL)
        OR (opening_time IS NOT NULL AND closing_time IS NOT NULL AND opening_time <> closing_time))
);

CREATE TABLE accounts.parking_spot (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id bigint NOT NULL REFERENCES accounts.parking_lot,
    number integer NOT NULL CHECK (number >= 1),
    charge_point_id text REFERENCES accounts.charge_point,
    connector_id integer CHECK (connector_id BETWEEN 1 AND 99),
    deleted_at timestamptz,
    CHECK ((charge_point_id IS NULL) = (connector_id IS NULL))
);
CREATE UNIQUE INDEX parking_spot_number ON accounts.parking_spot (lot_id, number) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX parking_spot_connector ON accounts.parking_spot (charge_point_id, connector_id)
    WHERE deleted_at IS NULL AND charge_point_id IS NOT NULL;

CREATE TABLE accounts.parking_reservation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id bigint NOT NULL REFERENCES accounts.parking_lot,
    spot_id bigint NOT NULL REFERENCES accounts.parking_spot,
    user_id bigint NOT NULL REFERENCES accounts.account,
    vehicle_number text NOT NULL CHECK (vehicle_number ~ '^[A-Z0-9]{1,20}$'),
    vehicle_model text CHECK (char_length(vehicle_model) <= 50),
    vehicle_color text CHECK (char_length(vehicle_color) <= 50),
    remarks text CHECK (char_length(remarks) <= 500),
    parked_at timestamptz NOT NULL,
    left_at timestamptz,
    expected_leaving_at timestamptz,
    -- As it was at the booking.
    hourly_rate bigint NOT NULL CHECK (hourly_rate >= 0),
    cost bigint NOT NULL DEFAULT 0 CHECK (cost >= 0),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'completed', 'cancelled')),
    -- The session that its driver charged meanwhile.
    charging_id bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((status = 'active') = (left_at IS NULL))
);
CREATE UNIQUE INDEX parking_reservation_active ON accounts.parking_reservation (spot_id) WHERE status = 'active';
CREATE INDEX parking_reservation_of_user ON accounts.parking_reservation (user_id, id DESC);
CREATE INDEX parking_reservation_of_lot ON accounts.parking_reservation (lot_id, id DESC);

CREATE VIEW accounts_view.slot_booking AS
    SELECT meeting.id AS meeting_id, slot.id AS slot_id, meeting.student_id, slot.tutor_id, slot.charge_point_id,
        slot.connector_id, slot.start_time, slot.end_time, slot.price_per_kwh
    FROM accounts.meeting AS meeting
    JOIN accounts.time_slot AS slot ON slot.id = meeting.slot_id
    WHERE meeting.status = 'confirmed' AND slot.charge_point_id IS NOT NULL;

CREATE VIEW accounts_view.parking_lot AS
    SELECT id AS lot_id, name, address, pin_code, price_per_hour, is_active, site_id AS station_id, created_at,
        deleted_at IS NOT NULL AS is_deleted
    FROM accounts.parking_lot;

CREATE VIEW accounts_view.parking_spot AS
    SELECT id AS spot_id, lot_id, number, charge_point_id, connector_id, deleted_at IS NOT NULL AS is_deleted
    FROM accounts.parking_spot;

CREATE VIEW accounts_view.parking_reservation AS
    SELECT id AS reservation_id, lot_id, spot_id, user_id, parked_at, left_at, hourly_rate, cost, status, remarks,
        charging_id, created_at
    FROM accounts.parking_reservation;

GRANT SELECT ON accounts_view.slot_booking, accounts_view.parking_lot, accounts_view.parking_spot,
    accounts_view.parking_reservation TO gateway, accounts, billing, reporting;
