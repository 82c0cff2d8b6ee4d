"""What the steps of a switchover were told to do, and what a cluster says about how far it is. Pure but for `of`."""

import time
from dataclasses import replace
from enum import Enum

from pydantic import BaseModel, ConfigDict

from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target
from novaops.operations.contract import PermanentProblem, StepContext
from shards.clients.patroni_replies import Cluster
from shards.clients.postgres import Sessions, sessions

POLL_SECONDS = 0.5
ASK_SECONDS = 2.0


class PoolDatabase(BaseModel):
    """A database of a pool that leads to the leader, and is paused while that changes."""

    model_config = ConfigDict(frozen=True)

    pool: str
    database: str


class Order(BaseModel):
    """The arguments of every step. `timeline` is the one that the old leader was on; `pauses` are empty for a shard
    without pools; `pause_seconds` is when a guard resumes them at the latest; `kept_slots` are the leader's logical
    ones that Patroni copies to replicas. In the end `pools` answer from the new leader (None: all that there are), and
    so does the shard's `address`."""

    model_config = ConfigDict(frozen=True)

    shard: str
    cluster: str
    leader: str
    candidate: str
    timeline: int
    synchronous_mode: bool
    patience_seconds: float
    pauses: tuple[PoolDatabase, ...] = ()
    pause_seconds: float = 0.0
    kept_slots: tuple[str, ...] = ()
    pools: tuple[str, ...] | None = None
    address: bool = False

    @classmethod
    def of(cls, context: StepContext) -> "Order":
        return cls.model_validate(dict(context.arguments))


class Situation(Enum):
    DONE = "the candidate leads"
    UNCHANGED = "the old leader leads"
    CHANGING = "nobody leads, or the new leader is not on its timeline yet"
    ELSEWHERE = "a third member leads"
    UNKNOWN = "no member answers"


def situation(cluster: Cluster | None, order: Order) -> Situation:
    """Where a switchover stands, by the leader and its timeline. Pure."""
    if cluster is None:
        return Situation.UNKNOWN
    leader = cluster.leader
    if leader is None or not leader.healthy:
        return Situation.CHANGING
    if leader.name == order.leader:
        return Situation.UNCHANGED
    if leader.name != order.candidate:
        return Situation.ELSEWHERE
    return Situation.DONE if (leader.timeline or 0) > order.timeline else Situation.CHANGING


def members(kind: str, shard: str) -> tuple[Target, ...]:
    return tuple(target for target in targets(kind) if target.shard == shard)


def member(kind: str, order: Order, name: str) -> Target:
    found = next((target for target in members(kind, order.shard) if target.name == name), None)
    if found is None:
        raise PermanentProblem(f"{name} is no longer registered as a {kind} server of {order.shard}.")
    return found


def postmaster(target: Target, database: str = "") -> str:
    """What tells one running PostgreSQL from every other, asked directly or through a pool; raises ShardError."""
    return _postmaster(sessions, target, database)


def answers_at(address: Target, database: str = "") -> str:
    """The same of whoever answers at an address now: a connection that was kept may lead to who answered before."""
    own = Sessions()
    try:
        return _postmaster(own, address, database)
    finally:
        own.close_all()


def _postmaster(kept: Sessions, target: Target, database: str) -> str:
    with kept.open(target, ASK_SECONDS, database) as session:
        row = session.execute("SELECT pg_postmaster_start_time()::text AS started, pg_is_in_recovery() AS stands_by")
        found = row.fetchone() or {}
    return f"{found.get('started')} {'standby' if found.get('stands_by') else 'leader'}"


def through_pool(pool: Target, login_of: Target) -> tuple[Target, str]:
    """A pool's address with the console's own login on the shard, and the database name that leads to the leader."""
    return replace(pool, login=login_of.login), pool.options.get("primary", "primary")


def pause() -> None:
    time.sleep(POLL_SECONDS)
