"""The kinds of operations on a pool: `pool-reconnect`, `pool-reload`, `pool-kill`, `pool-pause`, `pool-resume` and
`pool-resize`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from metrics.selectors import snapshot
from novaops.fleets.rights import Right
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step
from shards.pools.acting.facts import PoolActFacts
from shards.pools.acting.gather import gather
from shards.pools.acting.parameters import OfDatabase, OfPool, Pause, Resize
from shards.pools.acting.plans import plan_kill, plan_pause, plan_reconnect, plan_reload, plan_resize, plan_resume
from shards.pools.acting.steps import STEPS
from shards.pools.facts import PgBouncerFacts

Parameters = TypeVar("Parameters", bound=OfPool)
Choices = Mapping[str, list[tuple[str, str]]]


class PoolKind(Kind[Parameters]):
    """What all share: the right, and that one operation at a time acts on a pool."""

    right: ClassVar[Right] = Right.CHANGE_POOLS

    def locks(self, parameters: Parameters) -> tuple[Lock, ...]:
        return (Lock("pool", parameters.pool),)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Choices:
        return pools() | (databases() if "database" in self.parameters.model_fields else {})


class PoolReconnect(PoolKind[OfDatabase]):
    name: ClassVar[str] = "pool-reconnect"
    title: ClassVar[str] = "Reconnect a pool"
    description: ClassVar[str] = (
        "Replaces the pool's connections to PostgreSQL, each once it is free: after a server was changed behind it."
    )
    risk: ClassVar[Risk] = Risk.LOW
    parameters = OfDatabase

    def gather(self, parameters: OfDatabase) -> PoolActFacts:
        return gather(parameters.pool, parameters.database)

    def plan(self, parameters: OfDatabase, facts: Any, now: datetime) -> Plan:
        return plan_reconnect(parameters.pool, parameters.database, facts)


class PoolReload(PoolKind[OfPool]):
    name: ClassVar[str] = "pool-reload"
    title: ClassVar[str] = "Reload a pool"
    description: ClassVar[str] = (
        "Makes PgBouncer read its files again, after they were changed, and tells what changed."
    )
    risk: ClassVar[Risk] = Risk.MEDIUM
    parameters = OfPool

    def gather(self, parameters: OfPool) -> PoolActFacts:
        return gather(parameters.pool)

    def plan(self, parameters: OfPool, facts: Any, now: datetime) -> Plan:
        return plan_reload(parameters.pool, facts)


class PoolKill(PoolKind[OfDatabase]):
    name: ClassVar[str] = "pool-kill"
    title: ClassVar[str] = "Drop a pool's clients"
    description: ClassVar[str] = (
        "Drops all clients of a database at once, with their transactions, and lets new ones in: when they hold what"
        " others wait for, and ending single sessions is not enough."
    )
    risk: ClassVar[Risk] = Risk.HIGH
    parameters = OfDatabase

    def gather(self, parameters: OfDatabase) -> PoolActFacts:
        return gather(parameters.pool, parameters.database, pausing=True)

    def plan(self, parameters: OfDatabase, facts: Any, now: datetime) -> Plan:
        return plan_kill(parameters.pool, parameters.database, facts)


class PoolPause(PoolKind[Pause]):
    name: ClassVar[str] = "pool-pause"
    title: ClassVar[str] = "Pause a pool"
    description: ClassVar[str] = (
        "Lets the clients of a database wait, once their transactions have ended: for a short work on the servers"
        " behind it. A guard resumes it when its time is over."
    )
    risk: ClassVar[Risk] = Risk.HIGH
    parameters = Pause

    def gather(self, parameters: Pause) -> PoolActFacts:
        return gather(parameters.pool, parameters.database, pausing=True)

    def plan(self, parameters: Pause, facts: Any, now: datetime) -> Plan:
        return plan_pause(parameters.pool, parameters.database, parameters.seconds, facts)

    def inverse(self, parameters: Pause, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        return PoolResume.name, {"pool": parameters.pool, "database": parameters.database}


class PoolResume(PoolKind[OfDatabase]):
    name: ClassVar[str] = "pool-resume"
    title: ClassVar[str] = "Resume a pool"
    description: ClassVar[str] = "Ends the pause of a database before its time, whoever paused it: its clients go on."
    risk: ClassVar[Risk] = Risk.LOW
    parameters = OfDatabase

    def gather(self, parameters: OfDatabase) -> PoolActFacts:
        return gather(parameters.pool, parameters.database, pausing=True)

    def plan(self, parameters: OfDatabase, facts: Any, now: datetime) -> Plan:
        return plan_resume(parameters.pool, parameters.database, facts)


class PoolResize(PoolKind[Resize]):
    name: ClassVar[str] = "pool-resize"
    title: ClassVar[str] = "Resize a pool"
    description: ClassVar[str] = (
        "Changes how many connections to PostgreSQL each user of a database may have, until PgBouncer is reloaded."
    )
    risk: ClassVar[Risk] = Risk.MEDIUM
    parameters = Resize

    def gather(self, parameters: Resize) -> PoolActFacts:
        return gather(parameters.pool, parameters.database, rooms=True)

    def plan(self, parameters: Resize, facts: Any, now: datetime) -> Plan:
        return plan_resize(parameters.pool, parameters.database, parameters.size, facts)

    def inverse(self, parameters: Resize, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        """The size of before."""
        before = plan.facts.get("before")
        return (self.name, {**parameters.model_dump(), "size": before}) if before else None


def pools() -> dict[str, list[tuple[str, str]]]:
    seen = snapshot()
    found = [(server.name, shard.name) for shard in seen.shards for server in seen.servers_of("pgbouncer", shard.name)]
    return {"pool": [(name, f"{name} (in front of {shard})") for name, shard in found]}


def databases() -> dict[str, list[tuple[str, str]]]:
    """Of all pools; mostly they have the same ones."""
    names = {one.name for _, facts in snapshot().facts(PgBouncerFacts) for one in facts.databases}
    return {"database": [(name, name) for name in sorted(names)]}
