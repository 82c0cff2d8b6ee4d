-- By what the session's role could change or lift what protects the change logs; the end of a sentence per row, none
-- when it can do nothing of the kind. %(sealed)s: tables that are written by functions of the database alone.
WITH homes AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname = 'public' OR nspname LIKE 'fleet\_%%'
), tables AS (
    SELECT c.oid, format('%%I.%%I', h.nspname, c.relname) AS name, c.relowner AS owner,
        c.relname = ANY (%(sealed)s) AS sealed,
        EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgtype & 32 <> 0) AS append_only
    FROM pg_class c JOIN homes h ON h.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')
)
SELECT 'is a superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL
SELECT 'may give itself other roles (CREATEROLE)' FROM pg_roles WHERE rolname = current_user AND rolcreaterole
UNION ALL
SELECT format('may run programs or write files on the server (%%s)', string_agg(rolname, ', ')) FROM pg_roles
WHERE rolname IN ('pg_execute_server_program', 'pg_write_server_files') AND pg_has_role(current_user, oid, 'MEMBER')
HAVING count(*) > 0
UNION ALL
SELECT format('owns, or may become the owner of, %%s tables, such as %%s', count(*), min(name)) FROM tables
WHERE pg_has_role(current_user, owner, 'MEMBER') HAVING count(*) > 0
UNION ALL
SELECT format('may change or empty %%s tables that are only added to, such as %%s', count(*), min(name)) FROM tables
WHERE (sealed OR append_only) AND has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
    AND NOT pg_has_role(current_user, owner, 'MEMBER') HAVING count(*) > 0
UNION ALL
SELECT format('may write past the chain into %%s tables, such as %%s', count(*), min(name)) FROM tables
WHERE sealed AND has_table_privilege(oid, 'INSERT') AND NOT pg_has_role(current_user, owner, 'MEMBER')
HAVING count(*) > 0
UNION ALL
SELECT format('may make tables and functions in %%s schemas, such as %%s', count(*), min(nspname)) FROM homes
WHERE has_schema_privilege(oid, 'CREATE') HAVING count(*) > 0
