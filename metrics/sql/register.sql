-- A reading for every present server and every probe of its kind; a changed rhythm is taken over.
INSERT INTO metrics_reading (server_id, probe, state, cause, facts, values, every_seconds, due_at, claimed_by)
SELECT s.id, p.name, 'unknown', '', '{}', '{}', p.every, now(), ''
FROM jsonb_to_recordset(%(probes)s::jsonb) AS p (name text, kind text, every float8)
JOIN inventory_server s ON s.kind = p.kind AND s.present
ON CONFLICT (server_id, probe) DO UPDATE
SET every_seconds = excluded.every_seconds, due_at = least(metrics_reading.due_at, now() + make_interval(secs => excluded.every_seconds))
WHERE metrics_reading.every_seconds <> excluded.every_seconds
