-- Checkpoints are only ever added, like records, and by one function. It keeps them in one row of steps: each names the one
-- before it, and the record that the chain really has at its place. What is signed is the console's business: its key is
-- not known here.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER never_truncated;

-- False when another checkpoint was added meanwhile: two that make one at once.
CREATE FUNCTION audit_add_checkpoint(
    body text, signature text, frontier jsonb, added jsonb, introduction jsonb
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    steps CONSTANT bigint := (4096::bigint << 32) + 'audit_checkpoint'::regclass::oid::bigint;
    said CONSTANT jsonb := body::jsonb;
    before audit_checkpoint;
BEGIN
    PERFORM pg_advisory_xact_lock(steps);
    SELECT * INTO before FROM audit_checkpoint ORDER BY number DESC LIMIT 1;
    IF (said ->> 'number')::bigint <> coalesce(before.number, 0) + 1
        OR (said ->> 'sequence')::bigint <= coalesce(before.sequence, 0)
        OR said ->> 'previous' <> coalesce(encode(sha256(convert_to(before.body, 'UTF8')), 'hex'), repeat('0', 64))
    THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit_record r WHERE r.sequence = (said ->> 'sequence')::bigint AND r.hash = said ->> 'head'
    ) THEN
        RAISE EXCEPTION 'The change log has no record % with the hash that the checkpoint names.', said ->> 'sequence'
            USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO audit_checkpoint (number, sequence, made_at, key, body, signature, frontier, added, introduction)
    VALUES (
        (said ->> 'number')::bigint, (said ->> 'sequence')::bigint, (said ->> 'made_at')::timestamptz, said ->> 'key',
        body, signature, frontier, added, introduction
    );
    RETURN true;
END
$$;

-- It runs with its owner's rights: names mean this fleet's tables and nothing else, temporary ones come last.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION audit_add_checkpoint SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE ALL ON FUNCTION audit_add_checkpoint FROM PUBLIC;
