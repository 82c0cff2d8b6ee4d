SELECT
    a.stream,
    a.tenant_id,
    a.at,
    (SELECT count(*) FROM novaops_schema.arrival_chunks c WHERE c.stream = a.stream)
        + (SELECT count(*) FROM novaops_schema.arrival_touched t WHERE t.stream = a.stream) AS rows
FROM novaops_schema.arrivals a
ORDER BY a.at
