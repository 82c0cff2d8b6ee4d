-- For each reading of the last good answer: the oldest raw sample of the last minutes, to compare its counters with.
SELECT r.id, earlier.at, earlier.values
FROM metrics_reading r
CROSS JOIN LATERAL (
    SELECT s.at, s.values
    FROM metrics_sample s
    WHERE s.server_id = r.server_id AND s.probe = r.probe AND s.width_seconds = 0
        AND s.at >= r.good_at - make_interval(secs => %(seconds)s) AND s.at < r.good_at
    ORDER BY s.at
    LIMIT 1
) AS earlier
WHERE r.good_at IS NOT NULL
