-- Takes what is due and moves it on, so that no other collector takes it; a row whose collector dies comes due again.
UPDATE metrics_reading r
SET claimed_by = %(collector)s,
    due_at = greatest(r.due_at + make_interval(secs => r.every_seconds), now() + make_interval(secs => r.every_seconds / 2))
WHERE r.id IN (
    SELECT due.id
    FROM metrics_reading due
    JOIN inventory_server s ON s.id = due.server_id AND s.present
    WHERE due.due_at <= now() AND due.probe = ANY(%(probes)s)
    ORDER BY due.due_at
    LIMIT %(most)s
    FOR UPDATE OF due SKIP LOCKED
)
RETURNING r.id, r.server_id, r.probe
