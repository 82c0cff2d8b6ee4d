"""What the page of a pool shows: use against limits, pools, databases, traffic. Pure."""

from dataclasses import dataclass

from metrics.contract import Snapshot
from shards.clients.pgbouncer_replies import Pool, PooledDatabase, PoolTraffic
from shards.pools.facts import PgBouncerConnectionsFacts, PgBouncerFacts
from shards.replication.seen import PoolSeen, ShardTopology


@dataclass(frozen=True, slots=True)
class Use:
    """What is used of a limit; `limit` 0 is none."""

    label: str
    used: int
    limit: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """A name of the pool: where it leads, and what passes through it."""

    database: PooledDatabase
    role: str
    members: tuple[str, ...]
    traffic: PoolTraffic | None
    waiting: int


def uses(facts: PgBouncerFacts) -> tuple[Use, ...]:
    """The fullest of each kind; only where something is limited or used."""
    found = [Use("Clients", facts.clients, facts.max_clients, "max_client_conn")]
    for one in facts.databases:
        fullest = max((pool for pool in facts.pools if pool.database == one.name), key=_busy, default=None)
        if fullest:
            note = f"pool of {fullest.user}" + (f", and {one.reserve_pool} in reserve" if one.reserve_pool else "")
            found.append(Use(f"“{one.name}” working", fullest.sv_active, one.pool_size, note))
        if one.max_connections:
            found.append(
                Use(f"“{one.name}” connections", one.current_connections, one.max_connections, "max_db_connections")
            )
        if one.max_clients and one.current_clients is not None:
            found.append(
                Use(f"“{one.name}” clients", one.current_clients, one.max_clients, "max_db_client_connections")
            )
    return tuple(found)


def _busy(pool: Pool) -> int:
    return pool.sv_active


def databases(pool: PoolSeen) -> tuple[DatabaseRow, ...]:
    facts = pool.facts
    if facts is None:
        return ()
    roles = {pool.reads: ("reads", pool.reads_from), pool.writes: ("writes", pool.writes_to)}
    traffic = {one.database: one for one in facts.traffic}
    return tuple(
        DatabaseRow(
            one,
            *roles.get(one.name, ("", ())),
            traffic.get(one.name),
            sum(each.cl_waiting for each in facts.pools if each.database == one.name),
        )
        for one in facts.databases
    )


def connections(snapshot: Snapshot, name: str) -> PgBouncerConnectionsFacts | None:
    seen = snapshot.seen("pgbouncer", name, "pgbouncer-connections")
    return seen.facts if seen and isinstance(seen.facts, PgBouncerConnectionsFacts) else None


def too_many(facts: PgBouncerConnectionsFacts) -> str:
    total = facts.clients_total + facts.servers_total
    return (
        f"It has {facts.clients_total:,} clients and {facts.servers_total:,} servers. PgBouncer serves nobody while it "
        f"lists {total:,} connections, so they were counted only."
    )


def pools_of(shards: tuple[ShardTopology, ...]) -> tuple[tuple[ShardTopology, PoolSeen], ...]:
    return tuple((shard, pool) for shard in shards for pool in shard.pools)
