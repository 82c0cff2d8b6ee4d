-- The chunks of some hypertables: names alone, as this is asked inside a pause too.
SELECT home.nspname || '.' || root.relname AS table_name, n.nspname::text AS schema, piece.relname::text AS name
FROM pg_inherits
JOIN pg_class root ON root.oid = inhparent
JOIN pg_namespace home ON home.oid = root.relnamespace
JOIN pg_class piece ON piece.oid = inhrelid
JOIN pg_namespace n ON n.oid = piece.relnamespace
WHERE inhparent = ANY (%(roots)s::regclass[])
