"""A shard's topology as the picture's component takes it: the pools in front, the leader, the lag on each edge."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.http import urlencode

from novaops.fleets.paths import fleet_path
from novaops.ui.formats import duration, human_bytes, human_number
from shards.replication.seen import OLD_AT_ONCE, MemberSeen, PoolSeen, ShardTopology


@dataclass(frozen=True, slots=True)
class Node:
    """What the component `topology` shows of one server; `edge` stands on the line that leads to it."""

    name: str
    state: str
    role: str
    foot: str
    at: datetime | None
    limit: float
    href: str
    cause: str
    edge: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    label: str
    leader: Node | None
    replicas: tuple[Node, ...]
    front: tuple[Node, ...]


def picture(topology: ShardTopology) -> Picture:
    leader = topology.leader
    return Picture(
        label=f"{topology.name}: {topology.sentence}",
        leader=_member(leader, topology.limit) if leader else None,
        replicas=tuple(_member(member, topology.limit) for member in topology.replicas),
        front=tuple(_pool(pool, topology.limit) for pool in topology.pools),
    )


def _member(member: MemberSeen, limit: float) -> Node:
    facts = member.facts
    return Node(
        name=member.name,
        state=member.state,
        role=f"{member.role_word}, {member.odd_state}" if member.odd_state else member.role_word,
        foot=f"{human_number(facts.connections)} connections" if facts else "",
        at=member.at,
        limit=member.limit or limit,
        href=fleet_path("server", kind="postgres", name=member.name) if member.registered else "",
        cause=member.cause,
        edge=edge(member),
    )


def edge(member: MemberSeen) -> str:
    """How far a replica is behind, as short as it fits on a line."""
    if member.leads or member.replay_lag_bytes is None:
        return ""
    if member.replay_lag_bytes == 0:
        return "in step"
    seconds = member.replay_lag_seconds
    return f"{human_bytes(member.replay_lag_bytes)}" + (f", {duration(seconds)}" if seconds and seconds >= 1 else "")


def _pool(pool: PoolSeen, limit: float) -> Node:
    facts = pool.facts
    waiting = f", {human_number(facts.waiting)} waiting" if facts and facts.waiting else ""
    return Node(
        name=pool.name,
        state=pool.state,
        role="PgBouncer, paused" if facts and facts.paused else "PgBouncer",
        foot=f"{human_number(facts.clients)} clients{waiting}" if facts else "",
        at=pool.at,
        limit=OLD_AT_ONCE if pool.state == "unreachable" else limit,
        href=fleet_path("server", kind="pgbouncer", name=pool.name),
        cause=pool.cause,
    )


def switchover_address(shard: ShardTopology) -> str:
    """The request form, with the shard and its synchronous standby chosen already."""
    standby = next((member.name for member in shard.replicas if member.synchronous), "")
    chosen = {"shard": shard.name} | ({"candidate": standby} if standby else {})
    return f"{fleet_path('operation-request', kind='switchover')}?{urlencode(chosen)}"
