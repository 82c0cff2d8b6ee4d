-- The one way to write a record: the next number, the time and the hash are the database's own, under the chain's lock.
-- `data` is canonical JSON (RFC 8785); it is stored as jsonb and hashed as it stands. The rest of the canonical form is
-- put together here, its keys in their order, its texts escaped as to_json does, which is RFC 8785's way.
--
-- The lock is held until the transaction ends. So that writers do not wait for each other's disk, that transaction
-- commits without waiting for it: whoever appends waits afterwards, together with others (novaops/audit/services.py).
CREATE FUNCTION audit_append(
    actor text, actor_kind text, person_id bigint, verb text, subject text, outcome text, data text
) RETURNS audit_record LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    chain CONSTANT bigint := (4096::bigint << 32) + 'audit_head'::regclass::oid::bigint;
    head audit_head;
    entry audit_record;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM pg_advisory_xact_lock(chain);
    SELECT * INTO STRICT head FROM audit_head;
    entry.sequence := head.sequence + 1;
    -- A clock that was set back does not let time run backwards within the chain.
    entry.at := greatest(clock_timestamp(), (SELECT r.at FROM audit_record r WHERE r.sequence = head.sequence));
    entry.actor_kind := actor_kind;
    entry.actor := actor;
    entry.person_id := person_id;
    entry.verb := verb;
    entry.subject := subject;
    entry.outcome := outcome;
    entry.data := data::jsonb;
    entry.previous_hash := head.hash;
    entry.hash := encode(sha256(convert_to(
        '{"actor":' || to_json(actor)
        || ',"actor_kind":' || to_json(actor_kind)
        || ',"at":"' || to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","data":' || data
        || ',"outcome":' || to_json(outcome)
        || ',"person_id":' || coalesce(person_id::text, 'null')
        || ',"previous_hash":"' || head.hash
        || '","sequence":' || entry.sequence
        || ',"subject":' || to_json(subject)
        || ',"verb":' || to_json(verb) || '}', 'UTF8')), 'hex');
    INSERT INTO audit_record SELECT entry.*;
    UPDATE audit_head h SET sequence = entry.sequence, hash = entry.hash WHERE h.id = head.id;
    RETURN entry;
END
$$;

-- It runs with its owner's rights: names mean this fleet's tables and nothing else, temporary ones come last.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION audit_append SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE ALL ON FUNCTION audit_append FROM PUBLIC;

-- The same condition as before, asked without calling a function for each record.
DROP TRIGGER forward_only ON audit_head;
CREATE TRIGGER forward_only BEFORE UPDATE ON audit_head FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.sequence <> OLD.sequence + 1) EXECUTE FUNCTION audit_head_forward();
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER forward_only;
