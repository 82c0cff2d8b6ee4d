-- The highest token that acted for each lock. Tokens grow with each worker that takes an operation over, so a lower one
-- comes from a worker that was replaced and wakes up late: it is refused, with SQLSTATE NV001. The row stays locked until
-- the transaction that writes has ended: a newer worker waits for it, and an older one never comes after it.
CREATE TABLE novaops_schema.fences (
    console text NOT NULL,
    lock text NOT NULL,
    token bigint NOT NULL,
    operation bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (console, lock)
) WITH (fillfactor = 50);

CREATE FUNCTION novaops_schema.fence(of_console text, of_lock text, by_token bigint, by_operation bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    newest novaops_schema.fences;
BEGIN
    INSERT INTO novaops_schema.fences AS known (console, lock, token, operation)
    VALUES (of_console, of_lock, by_token, by_operation)
    ON CONFLICT (console, lock) DO UPDATE
        SET token = excluded.token, operation = excluded.operation, at = excluded.at
        WHERE known.token <= excluded.token;
    IF NOT FOUND THEN
        SELECT * INTO newest FROM novaops_schema.fences WHERE console = of_console AND lock = of_lock;
        RAISE EXCEPTION 'Operation % comes too late for %: its token % is lower than %, with which operation % has acted',
            by_operation, of_lock, by_token, newest.token, newest.operation USING ERRCODE = 'NV001';
    END IF;
END
$$;
