-- What is taken away from the beginning of the chain, with leave. Statements of it are only ever added, and by the owner
-- of the tables alone: who has the application's role can neither add one nor remove a record.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_pruning
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON audit_pruning
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_pruning ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit_pruning ENABLE ALWAYS TRIGGER never_truncated;

-- A record goes only when a statement says so, and what stands behind the last one of it never.
CREATE FUNCTION audit_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM audit_pruning p WHERE p.last >= OLD.sequence) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The change log is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
DROP TRIGGER append_only ON audit_record;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_removal();
ALTER TABLE audit_record ENABLE ALWAYS TRIGGER append_only;

-- Adds the statement and removes the records that it names; how many those were. It has the rights of its caller alone:
-- only the owner of the tables can carry it out. The record that tells of it is the caller's, in the same transaction:
-- records are appended meanwhile, the chain is not held for as long as the removal takes.
CREATE FUNCTION audit_prune_by_owner(body text, signature text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    prunings CONSTANT bigint := (4096::bigint << 32) + 'audit_pruning'::regclass::oid::bigint;
    said CONSTANT jsonb := body::jsonb;
    newest audit_pruning;
    gone bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(prunings);
    SELECT * INTO newest FROM audit_pruning ORDER BY number DESC LIMIT 1;
    IF (said ->> 'number')::bigint <> coalesce(newest.number, 0) + 1
        OR (said ->> 'first')::bigint <> coalesce(newest.last, 0) + 1
        OR said ->> 'previous' <> coalesce(encode(sha256(convert_to(newest.body, 'UTF8')), 'hex'), repeat('0', 64))
    THEN
        RAISE EXCEPTION 'The change log was pruned meanwhile: pruning % is no longer the next one.', said ->> 'number'
            USING ERRCODE = 'serialization_failure';
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit_checkpoint c
        WHERE c.number = (said ->> 'checkpoint')::bigint AND c.sequence = (said ->> 'last')::bigint
            AND encode(sha256(convert_to(c.body, 'UTF8')), 'hex') = said ->> 'checkpoint_digest'
    ) OR NOT EXISTS (
        SELECT FROM audit_record r WHERE r.sequence = (said ->> 'last')::bigint AND r.hash = said ->> 'head'
            AND r.at < clock_timestamp() - interval '12 months'
    ) OR NOT EXISTS (SELECT FROM audit_record r WHERE r.sequence > (said ->> 'last')::bigint)
    THEN
        RAISE EXCEPTION 'The change log is pruned up to a signed checkpoint, and only of records older than 12 months.'
            USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO audit_pruning (number, first, last, made_at, key, body, signature)
    VALUES (
        (said ->> 'number')::bigint, (said ->> 'first')::bigint, (said ->> 'last')::bigint,
        (said ->> 'made_at')::timestamptz, said ->> 'key', body, signature
    );
    DELETE FROM audit_record r WHERE r.sequence <= (said ->> 'last')::bigint;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone <> (said ->> 'last')::bigint - (said ->> 'first')::bigint + 1 THEN
        RAISE EXCEPTION 'The statement names % records, and % are there.',
            (said ->> 'last')::bigint - (said ->> 'first')::bigint + 1, gone USING ERRCODE = 'check_violation';
    END IF;
    RETURN gone;
END
$$;

-- Names mean this fleet's tables and nothing else, temporary ones come last.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION audit_prune_by_owner SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION audit_refuse_removal SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE ALL ON FUNCTION audit_prune_by_owner FROM PUBLIC;
