-- What the application's role may do in one schema, no more and no less, whatever it was before. Run by the owner.
-- {home}: the schema; {application}: the role; {sealed}: tables that are written by functions of the database alone.
DO $$
DECLARE
    home CONSTANT text := {home};
    application CONSTANT text := {application};
    thing record;
BEGIN
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, %I', home, application);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', home, application);
    FOR thing IN
        SELECT format('%I.%I', home, c.relname) AS name,
            CASE
                WHEN c.relkind = 'S' THEN 'USAGE, SELECT'
                WHEN c.relname = ANY ({sealed}) THEN 'SELECT'
                -- A table that refuses TRUNCATE (bit 5 of a trigger's type) is append-only.
                WHEN EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgtype & 32 <> 0)
                    THEN 'SELECT, INSERT'
                ELSE 'SELECT, INSERT, UPDATE, DELETE'
            END AS rights
        FROM pg_class c
        WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = home)
            AND c.relkind IN ('r', 'p', 'v', 'S') AND pg_get_userbyid(c.relowner) = current_user
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, %I', thing.name, application);
        EXECUTE format('GRANT %s ON %s TO %I', thing.rights, thing.name, application);
    END LOOP;
    -- Functions whose names end in _by_owner are the owner's own.
    FOR thing IN
        SELECT p.oid::regprocedure AS name,
            p.prorettype = 'trigger'::regtype OR p.proname LIKE '%\_by\_owner' AS not_its_business
        FROM pg_proc p
        WHERE p.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = home)
            AND pg_get_userbyid(p.proowner) = current_user
    LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC, %I', thing.name, application);
        IF NOT thing.not_its_business THEN
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', thing.name, application);
        END IF;
    END LOOP;
END
$$
