INSERT INTO caching_streamminute AS kept (tenant_id, shard, minute, transactions, created, changed, removed, other)
SELECT tenant_id, shard, minute, transactions, created, changed, removed, other
FROM jsonb_to_recordset(%s::jsonb) AS told (tenant_id text, shard text, minute timestamptz, transactions bigint,
    created bigint, changed bigint, removed bigint, other bigint)
ON CONFLICT (tenant_id, shard, minute) DO UPDATE SET
    transactions = kept.transactions + excluded.transactions,
    created = kept.created + excluded.created,
    changed = kept.changed + excluded.changed,
    removed = kept.removed + excluded.removed,
    other = kept.other + excluded.other
