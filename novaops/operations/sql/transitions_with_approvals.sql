-- The life of an operation: an update that goes any other way is refused. `NEXT` in choices.py says the same, and a
-- test compares the two.
CREATE OR REPLACE FUNCTION operations_legal_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = OLD.status OR (OLD.status, NEW.status) IN (
        ('planned', 'waiting'), ('planned', 'scheduled'), ('planned', 'queued'), ('planned', 'cancelled'),
        ('planned', 'expired'),
        ('waiting', 'scheduled'), ('waiting', 'queued'), ('waiting', 'cancelled'), ('waiting', 'rejected'),
        ('waiting', 'expired'),
        ('scheduled', 'queued'), ('scheduled', 'waiting'), ('scheduled', 'cancelled'), ('scheduled', 'expired'),
        ('queued', 'running'), ('queued', 'waiting'), ('queued', 'cancelled'),
        ('running', 'paused'), ('running', 'done'), ('running', 'failed'), ('running', 'errored'),
        ('running', 'cancelled'), ('running', 'stale'), ('running', 'refused'),
        ('paused', 'queued')
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Operation % cannot go from % to %.', OLD.id, OLD.status, NEW.status
        USING ERRCODE = 'check_violation';
END
$$;
