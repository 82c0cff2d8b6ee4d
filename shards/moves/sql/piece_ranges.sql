-- Where chunks begin and end, in values of the column that their table is cut along.
SELECT c.chunk_schema::text AS schema, c.chunk_name::text AS name, bound.lower, bound.upper
FROM timescaledb_information.chunks c
CROSS JOIN LATERAL (
    SELECT
        CASE c.primary_dimension_type::regtype
            WHEN 'timestamptz'::regtype THEN c.range_start::text
            WHEN 'timestamp'::regtype THEN (c.range_start AT TIME ZONE 'UTC')::text
            WHEN 'date'::regtype THEN (c.range_start AT TIME ZONE 'UTC')::date::text
            ELSE c.range_start_integer::text
        END AS lower,
        CASE c.primary_dimension_type::regtype
            WHEN 'timestamptz'::regtype THEN c.range_end::text
            WHEN 'timestamp'::regtype THEN (c.range_end AT TIME ZONE 'UTC')::text
            WHEN 'date'::regtype THEN (c.range_end AT TIME ZONE 'UTC')::date::text
            ELSE c.range_end_integer::text
        END AS upper
) AS bound
WHERE (c.chunk_schema, c.chunk_name) IN (SELECT * FROM unnest(%(schemas)s::text[], %(names)s::text[]))
