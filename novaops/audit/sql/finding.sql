-- Indexes by which the auditor's pages find a few records among millions. They hold copies: what was hashed stays as
-- it is. Nothing that may be written into a record is too long for any of them, since then it could not be written.

-- The words of a record, lower-case: names whole ("tenant:acme-7"), in pieces ("acme-7") and parts ("7"). Each append
-- waits for this: replace() is many times faster than translate() or a regular expression. COST: the planner should
-- rather read the index than try this on record after record.
CREATE FUNCTION audit_words(verb text, subject text, actor text, outcome text, data jsonb) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
DECLARE
    said CONSTANT text := lower(left(concat_ws(' ', verb, subject, actor, outcome, data::text), 100000));
    bare CONSTANT text := replace(replace(replace(replace(replace(replace(replace(replace(replace(
        said, '"', ' '), '{', ' '), '}', ' '), '[', ' '), ']', ' '), '(', ' '), ')', ' '), '“', ' '), '”', ' ');
    names CONSTANT text := replace(replace(replace(replace(replace(replace(
        bare, '\n', ' '), E'\n', ' '), ',', ' '), ';', ' '), ': ', ' '), '. ', ' ');
    pieces CONSTANT text := replace(replace(names, ':', ' '), '/', ' ');
    parts CONSTANT text := replace(replace(replace(pieces, '-', ' '), '.', ' '), '_', ' ');
    words text[] := array_remove(string_to_array(names || ' ' || pieces || ' ' || parts, ' '), '');
BEGIN
    IF octet_length(names) > 2000 AND names ~ '[^ ]{255}' THEN
        words := ARRAY(SELECT left(w, 100) FROM unnest(words) w);
    END IF;
    RETURN array_to_tsvector(words);
END
$$;
CREATE INDEX record_by_words ON audit_record USING gin (audit_words(verb, subject, actor, outcome, data))
    WITH (gin_pending_list_limit = 256);

-- What it touches: `data.targets`, a list such as ["shard:shard-1", "tenant:acme"]. None of these leaves records out:
-- PostgreSQL would not know then how many hold what, and read the wrong index.
CREATE INDEX record_by_target ON audit_record USING gin ((data -> 'targets') jsonb_path_ops)
    WITH (gin_pending_list_limit = 256);

-- "operation:7" and its steps, "operation:7/flush", are one thing.
CREATE INDEX record_by_thing ON audit_record (split_part(subject, '/', 1), sequence DESC);
CREATE INDEX record_by_kind ON audit_record (left(data ->> 'kind', 200), sequence DESC);
CREATE INDEX record_by_ticket ON audit_record (left(data ->> 'ticket', 200), sequence DESC);

-- Who did what when for the last time: for the access review.
CREATE INDEX record_by_use ON audit_record (actor, verb, coalesce(left(data ->> 'kind', 200), ''), sequence);
