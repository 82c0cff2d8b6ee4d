-- For each of these people: verb and kind of everything that they did, with the last record of each. The index
-- record_by_use is descended once for each of them; no table is read but for the last records themselves.
WITH people AS (
    SELECT DISTINCT name FROM unnest(%s::text[]) AS given (name)
)
SELECT people.name, used.verb, used.kind, r.sequence, r.at
FROM people
CROSS JOIN LATERAL (
    WITH RECURSIVE used AS (
        (
            SELECT a.verb, coalesce(left(a.data ->> 'kind', 200), '') AS kind
            FROM audit_record a WHERE a.actor = people.name
            ORDER BY a.verb, coalesce(left(a.data ->> 'kind', 200), '') LIMIT 1
        )
        UNION ALL
        SELECT next.verb, next.kind
        FROM used
        CROSS JOIN LATERAL (
            SELECT a.verb, coalesce(left(a.data ->> 'kind', 200), '') AS kind
            FROM audit_record a
            WHERE a.actor = people.name AND (a.verb, coalesce(left(a.data ->> 'kind', 200), '')) > (used.verb, used.kind)
            ORDER BY a.verb, coalesce(left(a.data ->> 'kind', 200), '') LIMIT 1
        ) next
    )
    SELECT verb, kind FROM used
) used
CROSS JOIN LATERAL (
    SELECT a.sequence FROM audit_record a
    WHERE a.actor = people.name AND a.verb = used.verb AND coalesce(left(a.data ->> 'kind', 200), '') = used.kind
    ORDER BY a.sequence DESC LIMIT 1
) last
JOIN audit_record r ON r.sequence = last.sequence AND r.actor_kind = 'person'
