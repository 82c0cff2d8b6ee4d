-- Records are only ever added. ALWAYS: the triggers also fire for sessions that call themselves a replica.
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The change log is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON audit_record
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_record ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit_record ENABLE ALWAYS TRIGGER never_truncated;

-- The head moves forward by one record at a time, and there is exactly one.
CREATE FUNCTION audit_head_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.sequence <> OLD.sequence + 1 THEN
        RAISE EXCEPTION 'The head of the change log moves forward one record at a time, not from % to %.',
            OLD.sequence, NEW.sequence USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER forward_only BEFORE UPDATE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_head_forward();
CREATE TRIGGER never_removed BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER forward_only;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER never_removed;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER never_truncated;
