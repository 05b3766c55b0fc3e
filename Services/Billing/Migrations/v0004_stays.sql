-- What was moved stays as it was, points like money.
CREATE TRIGGER points_entry_stays BEFORE UPDATE OR DELETE ON billing.points_entry
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();

-- Only entries are checked when they are made; this checks what somebody adds to one later.
CREATE FUNCTION billing.check_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT coalesce(sum(amount), 0) FROM billing.posting WHERE entry_id = NEW.entry_id) <> 0 THEN
        RAISE EXCEPTION 'entry % is not balanced', NEW.entry_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER posting_balanced AFTER INSERT ON billing.posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_posting();
