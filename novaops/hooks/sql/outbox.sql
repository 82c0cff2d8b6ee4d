-- One row for each hook that wants to hear of a record. It runs in the record's transaction, under the change log's lock:
-- it reads what is committed, waits for nobody, and no hook can make it fail.
-- A record about an operation that does not say kind and risk itself has them from the operation.
INSERT INTO hooks_delivery (uid, hook_id, sequence, event, subject, status, attempts, last_error)
SELECT gen_random_uuid(), h.id, %(sequence)s, %(event)s, %(subject)s, 'pending', 0, ''
FROM hooks_hook h
LEFT JOIN operations_operation o ON o.id = %(operation)s
WHERE h.enabled AND h.events ? %(event)s
    AND (NOT %(about_operation)s OR h.kinds = '[]' OR h.kinds ? coalesce(%(kind)s, o.kind))
    AND (NOT %(about_operation)s OR h.risks = '[]' OR h.risks ? coalesce(%(risk)s, o.risk))
ORDER BY h.id
RETURNING hook_id
