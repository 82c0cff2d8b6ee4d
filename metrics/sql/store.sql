-- The answers of one batch. Facts of the last good answer stay when there is none; an older answer never covers a newer.
-- Who did not answer a question that is asked seldom is asked again soon, so that it is not shown as away for long after
-- it came back.
WITH said AS (
    SELECT *
    FROM jsonb_to_recordset(%(outcomes)s::jsonb)
        AS x (id bigint, at timestamptz, state text, cause text, facts jsonb, "values" jsonb, took_ms float8)
),
before AS (
    SELECT r.id, r.state FROM metrics_reading r JOIN said USING (id) FOR UPDATE OF r
)
UPDATE metrics_reading r
SET state = said.state,
    cause = said.cause,
    facts = coalesce(said.facts, r.facts),
    values = CASE WHEN said.facts IS NULL THEN r.values ELSE said.values END,
    checked_at = said.at,
    good_at = CASE WHEN said.facts IS NULL THEN r.good_at ELSE said.at END,
    state_since = CASE WHEN r.state = said.state AND r.state_since IS NOT NULL THEN r.state_since ELSE said.at END,
    took_ms = said.took_ms,
    due_at = CASE WHEN said.facts IS NULL THEN least(r.due_at, now() + interval '20 seconds') ELSE r.due_at END
FROM said JOIN before USING (id)
WHERE r.id = said.id AND (r.checked_at IS NULL OR r.checked_at < said.at)
RETURNING r.id, before.state AS was
