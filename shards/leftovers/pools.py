"""Pools that wait for a RESUME which nobody will send. Pure."""

from collections.abc import Iterator

from metrics.contract import Seen, Snapshot
from shards.leftovers.leftover import Leftover
from shards.leftovers.sorts import Sort
from shards.pools.facts import PgBouncerFacts

Promised = frozenset[tuple[str, str]]


def paused_pools(snapshot: Snapshot, held: frozenset[str], promised: Promised) -> Iterator[Leftover]:
    """`held`: the locks of operations that are not over; one on the shard may have paused its pools on purpose.
    `promised`: the pools and databases whose pause a guard ends."""
    for seen, facts in snapshot.facts(PgBouncerFacts):
        if seen.reachable and f"shard:{seen.server.shard}" not in held:
            yield from paused_databases(seen.server.shard, seen.server.name, facts, promised, seen)


def paused_databases(
    shard: str, pool: str, facts: PgBouncerFacts, promised: Promised, seen: Seen | None = None
) -> Iterator[Leftover]:
    for database in facts.databases:
        if database.paused and (pool, database.name) not in promised:
            yield Leftover(
                sort=Sort.POOL,
                name=pool,
                shard=shard,
                database=database.name,
                server=pool,
                sentence=f"{facts.waiting} clients wait for {database.name}, and no operation holds {shard}.",
                origin="Unknown: PgBouncer does not say who paused it.",
                began=seen.state_since if seen else None,
            )
