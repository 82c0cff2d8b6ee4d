-- A record that is a transaction of its own, in one call: appended, committed so that the chain is free again, and then
-- on disk. The second transaction is tiny; it is flushed in the usual way, and with it all that was committed before it.
--
-- No more than its caller could do in two statements, so it has no rights but its caller's: that is also what lets it
-- commit. It cannot be called inside a transaction.
CREATE PROCEDURE audit_append_alone(
    actor text, actor_kind text, person_id bigint, verb text, subject text, outcome text, data text,
    INOUT sequence bigint, INOUT at timestamptz, INOUT previous_hash text, INOUT hash text
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT r.sequence, r.at, r.previous_hash, r.hash INTO STRICT sequence, at, previous_hash, hash
    FROM audit_append(actor, actor_kind, person_id, verb, subject, outcome, data) r;
    COMMIT;
    PERFORM pg_logical_emit_message(true, 'novaops change log', '');
END
$$;
