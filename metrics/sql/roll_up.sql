-- One mean per minute of every number; counters (`..._total`) keep their last value, so that rates stay right.
-- Minutes that are there already stay as they are: running it twice, or in two places, changes nothing.
INSERT INTO metrics_sample (server_id, probe, at, width_seconds, values)
SELECT server_id, probe, minute, 60, jsonb_object_agg(name, value)
FROM (
    SELECT s.server_id, s.probe, date_trunc('minute', s.at) AS minute, number.key AS name,
        CASE WHEN number.key LIKE '%%\_total' THEN (array_agg(number.value ORDER BY s.at DESC))[1]::float8
            ELSE avg(number.value::float8) END AS value
    FROM metrics_sample s
    CROSS JOIN LATERAL jsonb_each_text(s.values) AS number (key, value)
    WHERE s.width_seconds = 0 AND s.at >= %(first)s AND s.at < %(last)s AND number.value IS NOT NULL
    GROUP BY 1, 2, 3, 4
) AS means
GROUP BY server_id, probe, minute
ON CONFLICT (server_id, probe, width_seconds, at) WHERE width_seconds > 0 DO NOTHING
