-- What a notification was caused by, so that an event that is told twice says it once.
ALTER TABLE accounts.notification ADD COLUMN cause text;
CREATE UNIQUE INDEX notification_cause ON accounts.notification (user_id, cause) WHERE cause IS NOT NULL;

CREATE INDEX reservation_of_any_meeting ON accounts.reservation (meeting_id, id) WHERE meeting_id IS NOT NULL;
