"""Pools as their pages show them: stored values alone."""

from typing import Annotated, Any

from django.http import Http404
from ninja import Path, Query, Router

from metrics import selectors
from metrics.contract import Snapshot
from novaops.api.replication_schemas import (
    PoolConnectionOut,
    PoolConnectionsOut,
    PoolDatabaseOut,
    PoolDetailOut,
    PoolOfShardOut,
    PoolsOut,
    PoolUserOut,
)
from novaops.fleets.requests import FleetRequest
from shards.clients.pgbouncer_replies import PoolConnection
from shards.pools import page
from shards.pools.knowing import known
from shards.replication.seen import PoolSeen
from shards.replication.topology import topologies

router = Router(tags=["replication"])
Shard = Annotated[str, Query(description="The name of a shard.")]
Name = Annotated[str, Path(description="The pool's name.")]


@router.get("pools", response=PoolsOut, summary="Every PgBouncer, and where it leads")
def pools(request: FleetRequest, shard: Shard = "") -> PoolsOut:
    seen = selectors.snapshot()
    found = [(of, pool) for of, pool in page.pools_of(topologies(seen)) if shard in ("", of.name)]
    return PoolsOut(at=seen.at, pools=[PoolOfShardOut(**pool_told(pool), shard=of.name) for of, pool in found])


@router.get("pools/{name}", response=PoolDetailOut, summary="One PgBouncer: its databases, clients and servers")
def pool(request: FleetRequest, name: Name) -> PoolDetailOut:
    seen = selectors.snapshot()
    found = next(((of, one) for of, one in page.pools_of(topologies(seen)) if one.name == name), None)
    if found is None:
        raise Http404("No shard of this fleet has a pool of that name.")
    shard, one = found
    facts = one.facts
    return PoolDetailOut(
        **pool_told(one),
        shard=shard.name,
        max_clients=facts.max_clients if facts else None,
        databases=[_database(row) for row in page.databases(one)],
        users=[PoolUserOut.model_validate(row.model_dump()) for row in facts.pools] if facts else [],
        config=facts.config if facts else {},
        known=list(known(facts)) if facts else [],
        connections=_connections(seen, name),
    )


def pool_told(one: PoolSeen) -> dict[str, Any]:
    facts = one.facts
    return {
        "name": one.name,
        "state": one.state,
        "cause": one.cause,
        "version": facts.version if facts else "",
        "clients": facts.clients if facts else None,
        "waiting": facts.waiting if facts else None,
        "longest_wait_seconds": facts.maxwait_seconds if facts else None,
        "paused": bool(facts and facts.paused),
        "writes_to": list(one.writes_to),
        "reads_from": list(one.reads_from),
        "at": one.at,
    }


def _database(row: page.DatabaseRow) -> PoolDatabaseOut:
    one, traffic = row.database, row.traffic
    same = {name: getattr(one, name) for name in SAME}
    return PoolDatabaseOut(
        **same,
        connections=one.current_connections,
        waiting=row.waiting,
        queries_per_second=traffic.queries_per_second if traffic else None,
        query_ms=traffic.query_ms if traffic else None,
        wait_ms=traffic.wait_ms if traffic else None,
    )


SAME = (
    "name", "host", "port", "database", "paused", "disabled", "pool_mode", "pool_size", "reserve_pool",
    "max_connections",
)  # fmt: skip


def _connections(seen: Snapshot, name: str) -> PoolConnectionsOut | None:
    facts = page.connections(seen, name)
    asked = seen.seen("pgbouncer", name, "pgbouncer-connections")
    if facts is None or asked is None:
        return None
    counted = facts.model_dump(
        include={"asked", "clients_total", "servers_total", "clients_by_state", "servers_by_state"}
    )
    return PoolConnectionsOut(
        **counted,
        clients=[_connection(one) for one in facts.clients],
        servers=[_connection(one) for one in facts.servers],
        at=asked.good_at,
    )


def _connection(one: PoolConnection) -> PoolConnectionOut:
    return PoolConnectionOut(**{name: getattr(one, name) for name in PoolConnectionOut.model_fields})
