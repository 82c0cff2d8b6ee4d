-- The life of an operation: an update that goes any other way is refused. As it was before approvals and schedules;
-- transitions_with_approvals.sql replaces the function.
CREATE FUNCTION operations_legal_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = OLD.status OR (OLD.status, NEW.status) IN (
        ('planned', 'queued'), ('planned', 'cancelled'), ('planned', 'expired'),
        ('queued', 'running'), ('queued', 'cancelled'),
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

CREATE TRIGGER legal_transition BEFORE UPDATE OF status ON operations_operation
    FOR EACH ROW EXECUTE FUNCTION operations_legal_transition();
