"""The plans of what is done to a pool. Pure."""

from collections.abc import Sequence
from typing import Any

from novaops.operations.contract import BlastRadius, Check, Plan, PlannedStep
from shards.outcomes import warned
from shards.pools.acting import checks
from shards.pools.acting.facts import PoolActFacts
from shards.pools.pausing.guards import guard_check

RECONNECT, CLOSED, RELOAD, KILL, RESUME, RESIZE = "reconnect", "old-closed", "reload", "kill", "resume", "resize"
PAUSE = "pause"
# How long a pool may stay paused after KILL, should who is to resume it die.
KILL_SECONDS = 10


def plan_reconnect(pool: str, database: str, facts: PoolActFacts) -> Plan:
    if unfit := _unfit(facts, database):
        return _refused(pool, unfit)
    told = {"pool": pool, "database": database}
    return Plan(
        summary=f"{pool} replaces its connections to PostgreSQL for {database}.",
        checks=(checks.answers(facts), checks.known(facts, database), checks.servers(facts, database)),
        blast=BlastRadius(
            summary="No client is dropped, and no transaction: each connection is replaced once it is free.",
            targets=(f"pool:{pool}",),
            connections=len(facts.servers),
        ),
        steps=(
            PlannedStep(
                key=RECONNECT,
                title=f"RECONNECT {database}",
                consequence="Connections are closed when their client lets go of them; new ones are opened on demand.",
                arguments=told,
            ),
            PlannedStep(
                key=CLOSED,
                title="Ask the pool which old ones are left",
                consequence="Those of long transactions close when these end.",
                arguments=told,
            ),
        ),
        facts=told,
        expected_seconds=2.0,
    )


def plan_reload(pool: str, facts: PoolActFacts) -> Plan:
    if unfit := _unfit(facts):
        return _refused(pool, unfit)
    forgets = "Sizes that pool-resize set, and whatever else was SET by hand, are what the file says again."
    return Plan(
        summary=f"{pool} reads its files again.",
        checks=(checks.answers(facts), warned("What was SET", forgets)),
        blast=BlastRadius(summary="No client is dropped.", targets=(f"pool:{pool}",)),
        steps=(
            PlannedStep(
                key=RELOAD,
                title="RELOAD",
                consequence="What changed by it is told: settings, and where databases lead to.",
                arguments={"pool": pool},
            ),
        ),
        facts={"pool": pool},
        expected_seconds=1.0,
    )


def plan_kill(pool: str, database: str, facts: PoolActFacts) -> Plan:
    if unfit := _unfit(facts, database):
        return _refused(pool, unfit)
    told = {"pool": pool, "database": database}
    dropped = f"Who is connected is dropped ({len(facts.clients)} now); what they had not committed is rolled back."
    return Plan(
        summary=f"All clients of {database} are dropped from {pool}.",
        checks=(
            checks.answers(facts),
            checks.known(facts, database),
            *checks.running(facts, database),
            guard_check(facts.no_guard),
            checks.clients(facts, database, "they are rolled back."),
        ),
        blast=BlastRadius(summary=dropped, targets=(f"pool:{pool}",), connections=len(facts.clients)),
        steps=(
            PlannedStep(
                key=KILL,
                title=f"KILL {database}",
                consequence="Clients and connections to PostgreSQL are closed; who comes anew waits, for"
                f" {KILL_SECONDS} s at most.",
                arguments={**told, "seconds": KILL_SECONDS},
            ),
            PlannedStep(
                key=RESUME, title=f"RESUME {database}", consequence="Who comes anew is served.", arguments=told
            ),
        ),
        facts={**told, "paused": _paused(facts, database)},
        confirm=f"kill {pool} {database}",
        point_of_no_return=KILL,
        expected_seconds=1.0,
    )


def plan_resize(pool: str, database: str, size: int, facts: PoolActFacts) -> Plan:
    if unfit := _unfit(facts, database):
        return _refused(pool, unfit)
    found = facts.database(database)
    assert found is not None
    if found.pool_size == size:
        return Plan(
            summary=f"Nothing to do: {database} of {pool} has {size} connections for each user.",
            checks=(checks.answers(facts),),
            blast=BlastRadius(summary="Nothing is touched."),
            facts={"pool": pool, "database": database, "size": size},
        )
    before = found.pool_size
    affected = sorted(one.name for one in facts.of_default_size)
    told: dict[str, Any] = {"pool": pool, "database": database, "size": size, "before": before}
    return Plan(
        summary=f"{', '.join(affected) or database} of {pool}: {before} connections for each user become {size}.",
        checks=(
            checks.answers(facts),
            checks.known(facts, database),
            checks.own_size(facts, found),
            *checks.per_database(facts, size),
            *(checks.room(facts, one, size) for one in facts.rooms),
            checks.lasting(size),
        ),
        blast=BlastRadius(
            summary="More connections are opened when clients ask for them; those above a smaller size are closed when"
            " their client lets go of them.",
            targets=(f"pool:{pool}",),
            connections=abs(size - before) * facts.users_of(database),
        ),
        steps=(
            PlannedStep(
                key=RESIZE,
                title=f"SET default_pool_size = {size}",
                consequence="It applies at once, and the pool is asked whether it does.",
                arguments=told,
            ),
        ),
        facts={**told, "affected": affected},
        expected_seconds=1.0,
    )


def plan_pause(pool: str, database: str, seconds: int, facts: PoolActFacts) -> Plan:
    if unfit := _unfit(facts, database):
        return _refused(pool, unfit)
    told = {"pool": pool, "database": database, "seconds": seconds}
    return Plan(
        summary=f"{database} of {pool} is paused for {seconds} s at most.",
        checks=(
            checks.answers(facts),
            checks.known(facts, database),
            *checks.running(facts, database),
            guard_check(facts.no_guard),
            checks.clients(facts, database, "the pause begins when they end, or not at all."),
            checks.long_waits(facts, seconds),
        ),
        blast=BlastRadius(
            summary="Statements of its clients wait, and go on when it is resumed.",
            targets=(f"pool:{pool}",),
            connections=len(facts.clients),
            write_pause_ms=seconds * 1000,
        ),
        steps=(
            PlannedStep(
                key=PAUSE,
                title=f"PAUSE {database}",
                consequence=f"A guard resumes it after {seconds} s, unless pool-resume does so before.",
                arguments=told,
            ),
        ),
        facts={**told, "paused": _paused(facts, database)},
        confirm=f"pause {pool} {database}",
        expected_seconds=3.0,
    )


def plan_resume(pool: str, database: str, facts: PoolActFacts) -> Plan:
    if unfit := _unfit(facts, database):
        return _refused(pool, unfit)
    told = {"pool": pool, "database": database}
    if not _paused(facts, database):
        return Plan(
            summary=f"Nothing to do: {database} of {pool} is not paused.",
            checks=(checks.answers(facts),),
            blast=BlastRadius(summary="Nothing is touched."),
            facts=told,
        )
    return Plan(
        summary=f"{database} of {pool} is resumed: {facts.waiting} clients that wait go on.",
        checks=(checks.answers(facts), checks.known(facts, database), checks.whose_pause(facts, database)),
        blast=BlastRadius(
            summary="Clients that wait go on.", targets=(f"pool:{pool}",), connections=len(facts.clients)
        ),
        steps=(
            PlannedStep(key=RESUME, title=f"RESUME {database}", consequence="Clients that wait go on.", arguments=told),
        ),
        facts={**told, "paused_by": facts.pause.operation if facts.pause else None},
        expected_seconds=1.0,
    )


def _paused(facts: PoolActFacts, database: str) -> bool:
    found = facts.database(database)
    return found is not None and found.paused


def _unfit(facts: PoolActFacts, database: str = "") -> tuple[Check, ...]:
    """Where there is nothing to plan for: the checks that say why."""
    if facts.problem:
        return (checks.answers(facts),)
    if database and facts.database(database) is None:
        return (checks.answers(facts), checks.known(facts, database))
    return ()


def _refused(pool: str, found: Sequence[Check]) -> Plan:
    return Plan(
        summary=f"Nothing can be done to {pool} now.",
        checks=tuple(found),
        blast=BlastRadius(summary="Nothing is touched."),
        facts={"pool": pool},
    )
