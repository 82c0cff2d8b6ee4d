"""Messages of pgoutput as PostgreSQL writes them, and notices."""

import struct
from datetime import UTC, datetime

from caching.stream.notices import Notice
from caching.stream.pgoutput import Column, Relation, Row

AT = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
VM_ID = "3f2b8c1e-5d7a-4e0f-9b6c-1a2b3c4d5e6f"
VMS = Relation(1, "public", "vms", tuple(Column(name, 25, True) for name in ("tenant_id", "id", "deleted_at")))
USERS = Relation(2, "public", "users", tuple(Column(name, 25, True) for name in ("tenant_id", "id")))


def text(word: str) -> bytes:
    return word.encode() + b"\0"


def value(word: str | None) -> bytes:
    return b"n" if word is None else b"t" + struct.pack(">i", len(word.encode())) + word.encode()


def values(*words: str | None) -> bytes:
    return struct.pack(">h", len(words)) + b"".join(map(value, words))


def relation(oid: int, name: str, *columns: tuple[str, int, bool]) -> bytes:
    said = b"R" + struct.pack(">I", oid) + text("public") + text(name) + b"d" + struct.pack(">h", len(columns))
    for column, kind, key in columns:
        said += struct.pack(">b", key) + text(column) + struct.pack(">Ii", kind, -1)
    return said


def row(tenant: str, vm: str, action: str = "update", of: Relation = VMS, **more: object) -> Row:
    return Row(action, of, {"tenant_id": tenant, "id": vm, **more})


def notice(tenant: str = "acme", lsn: int = 100, *vms: str, **more: object) -> Notice:
    said = {"shard": "shard-1", "ordinal": 0, "timeline": 1, "committed_at": AT, "vms": vms, **more}
    return Notice(tenant=tenant, lsn=lsn, **said)  # type: ignore[arg-type]
