INSERT INTO metrics_sample (server_id, probe, at, width_seconds, values)
SELECT r.server_id, r.probe, said.at, 0, said.sample
FROM jsonb_to_recordset(%(outcomes)s::jsonb) AS said (id bigint, at timestamptz, sample jsonb)
JOIN metrics_reading r USING (id)
