"""Asks a live pool, and the servers behind it. What does not answer is a fact too."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone

from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target
from novaops.operations.choices import ACTIVE
from novaops.operations.models import Operation
from shards.clients.pgbouncer import PgBouncer
from shards.clients.pgbouncer_replies import PooledDatabase
from shards.clients.postgres import sessions
from shards.exceptions import ShardError
from shards.pools.acting.facts import PoolActFacts, Room, StandingPause
from shards.pools.pausing import guards, records

ASK_SECONDS = 3.0
ROOM = """
    SELECT NOT pg_is_in_recovery() AS leads, current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) AS usable
"""


def gather(pool: str, database: str = "", *, rooms: bool = False, pausing: bool = False) -> PoolActFacts:
    """`rooms`: also how many connections the servers behind it take. `pausing`: also what the console's book says of
    pauses."""
    found = {target.name: target for target in targets(ServerKind.PGBOUNCER)}
    if pool not in found:
        there = ", ".join(found) or "none"
        return PoolActFacts(pool=pool, problem=f"There is no pool {pool} in this fleet. There: {there}.")
    target = found[pool]
    known = PoolActFacts(pool=pool, shard=target.shard, **(_of_pauses(pool, database) if pausing else {}))
    try:
        return _asked(known, PgBouncer(target), target, database, rooms)
    except ShardError as problem:
        return known.model_copy(update={"problem": f"{pool} did not answer: {problem}"})


def _of_pauses(pool: str, database: str) -> dict[str, Any]:
    standing = next((one for one in records.standing() if (one.pool, one.database) == (pool, database)), None)
    active = standing is not None and Operation.objects.filter(pk=standing.operation, status__in=ACTIVE).exists()
    pause = standing and StandingPause(operation=standing.operation, ends_at=standing.ends_at, active=active)
    return {"pause": pause, "no_guard": guards.absence(timezone.now())}


def _asked(known: PoolActFacts, api: PgBouncer, target: Target, database: str, rooms: bool) -> PoolActFacts:
    report = api.report()
    return known.model_copy(
        update={
            "version": report.version,
            "databases": report.databases,
            "pools": report.pools,
            "config": report.config,
            "clients": api.clients(database) if database else (),
            "servers": api.servers(database) if database else (),
            "rooms": tuple(_rooms(target.shard, report.databases)) if rooms else (),
        }
    )


def _rooms(shard: str, databases: Iterable[PooledDatabase]) -> Iterator[Room]:
    behind = {(one.host, one.port) for one in databases if one.host}
    for target in targets(ServerKind.POSTGRES):
        if (target.host, target.port) in behind and target.shard == shard:
            yield _room(target)


def _room(target: Target) -> Room:
    known = Room(server=target.name, host=target.host, port=target.port)
    try:
        with sessions.open(target, ASK_SECONDS) as session:
            row = session.execute(ROOM).fetchone() or {}
    except ShardError as problem:
        return known.model_copy(update={"problem": str(problem)})
    return known.model_copy(update={"usable": row["usable"], "leads": row["leads"]})
