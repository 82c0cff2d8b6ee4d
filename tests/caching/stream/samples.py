"""Rows as they are decoded, and notices."""

from datetime import UTC, datetime

from caching.stream.notices import Notice
from shards.decoding.pgoutput import Column, Relation, Row

AT = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
VMS = Relation(1, "public", "vms", tuple(Column(name, 25, True) for name in ("tenant_id", "id", "deleted_at")))
USERS = Relation(2, "public", "users", tuple(Column(name, 25, True) for name in ("tenant_id", "id")))


def row(tenant: str, vm: str, action: str = "update", of: Relation = VMS, **more: object) -> Row:
    return Row(action, of, {"tenant_id": tenant, "id": vm, **more})


def notice(tenant: str = "acme", lsn: int = 100, *vms: str, **more: object) -> Notice:
    said = {"shard": "shard-1", "ordinal": 0, "timeline": 1, "committed_at": AT, "vms": vms, **more}
    return Notice(tenant=tenant, lsn=lsn, **said)  # type: ignore[arg-type]
