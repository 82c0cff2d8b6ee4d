"""Two healthy shards and a tenant that may move, as facts; each test breaks what it is about."""

from datetime import UTC, datetime
from typing import Any

from shards.moves.checks_of_sides import MOVES_FROM
from shards.moves.facts import ClusterFacts, GateFacts, MoveFacts, Server, Side, TableFacts

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SERVER = Server(
    wal_level="logical",
    slots=10,
    slots_used=3,
    senders=10,
    senders_used=3,
    keep_mb=4096,
    database_bytes=8_000_000_000,
    writes_as_replica=True,
    may_replicate=True,
    version_number=150_008,
    money="C",
    encoding="UTF8",
    collation="C.UTF-8",
    character_type="C.UTF-8",
)
CLUSTER = ClusterFacts(leader="shard-1-a", synchronous=True, standby="shard-1-b")


def side(shard: str, gate: GateFacts | None = None, **more: Any) -> Side:
    fields: dict[str, Any] = {
        "shard": shard,
        "state": "active",
        "leader": f"{shard}-a",
        "version": MOVES_FROM,
        "gate": gate,
        "server": SERVER,
        "cluster": CLUSTER,
    }
    return Side(**{**fields, **more})


def facts(source: dict[str, Any] | None = None, target: dict[str, Any] | None = None, **more: Any) -> MoveFacts:
    fields: dict[str, Any] = {
        "tenant": "acme",
        "epoch": 3,
        "source": side(**{"shard": "shard-1", "gate": GateFacts(state="open", epoch=3), **(source or {})}),
        "target": side(**{"shard": "shard-2", **(target or {})}),
        "tables": (TableFacts(name="public.vms", key=("tenant_id", "id"), rows=2_000_000, bytes=600_000_000),),
    }
    return MoveFacts(**{**fields, **more})
