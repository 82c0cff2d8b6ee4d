"""A shard's topology as the picture's component takes it: the pools in front, the leader, who streams from whom with
the lag on each edge, the etcd behind."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from novaops.fleets.paths import fleet_path
from novaops.ui.formats import duration, human_bytes, human_number
from shards.clients.patroni_replies import Role
from shards.replication.quorum import EtcdCluster
from shards.replication.seen import OLD_AT_ONCE, MemberSeen, PoolSeen, ShardTopology


@dataclass(frozen=True, slots=True)
class Node:
    """What the component `topology` shows of one server; `edge` stands on the line that leads to it, which is dashed
    when nothing flows on it (`broken`); `below` are those that stream from it."""

    name: str
    state: str
    role: str
    foot: str
    at: datetime | None
    limit: float
    href: str
    cause: str
    edge: str = ""
    broken: bool = False
    below: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    label: str
    leader: Node | None
    replicas: tuple[Node, ...]
    front: tuple[Node, ...]
    behind: tuple[Node, ...] = ()
    source: str = ""


def picture(topology: ShardTopology, etcd: Iterable[EtcdCluster] = ()) -> Picture:
    leader = topology.leader
    roots = [one for one in topology.replicas if not one.follows or (leader and one.follows == leader.name)]
    behind = tuple(_etcd(cluster, topology.limit) for cluster in etcd)
    return Picture(
        label=" ".join([f"{topology.name}: {topology.sentence}", *_told(topology), *_told_behind(behind)]),
        leader=_member(leader, topology) if leader else None,
        replicas=tuple(_tree(one, topology) for one in roots),
        front=tuple(_pool(pool, topology.limit) for pool in topology.pools),
        behind=behind,
        source=source(topology),
    )


def source(topology: ShardTopology) -> str:
    """Where a standby cluster's leader gets its WAL from; empty for a shard of its own."""
    leader = topology.leader
    if leader is None or leader.role is not Role.STANDBY_LEADER:
        return ""
    return leader.sender or "a cluster that it does not stream from now"


def _told(topology: ShardTopology) -> Iterable[str]:
    """The picture in words, for who does not see it."""
    for pool in topology.pools:
        yield f"{pool.name} in front of it{', paused' if pool.facts and pool.facts.paused else ''}."
    for one in topology.replicas:
        flows = "streams from" if one.streams else "should follow"
        lag = f", {edge(one)}" if edge(one) else ""
        yield f"{one.name} ({one.role_word}) {flows} {one.follows or 'nobody'}{lag}."


def _told_behind(behind: Iterable[Node]) -> Iterable[str]:
    return (f"Behind it {node.name}: {node.role}." for node in behind)


def _tree(member: MemberSeen, topology: ShardTopology) -> Node:
    below = tuple(_tree(one, topology) for one in topology.followers(member.name))
    return _member(member, topology, below)


def _member(member: MemberSeen, topology: ShardTopology, below: tuple[Node, ...] = ()) -> Node:
    facts = member.facts
    return Node(
        name=member.name,
        state=member.state,
        role=f"{member.role_word}, {member.odd_state}" if member.odd_state else member.role_word,
        foot=f"{human_number(facts.connections)} connections" if facts else "",
        at=member.at,
        limit=member.limit or topology.limit,
        href=fleet_path("member", name=member.name) if member.registered else "",
        cause=member.cause,
        edge=edge(member),
        broken=not (member.leads or member.streams),
        below=below,
    )


def _etcd(cluster: EtcdCluster, limit: float) -> Node:
    return Node(
        name="etcd",
        state=cluster.health,
        role=cluster.short,
        foot="",
        at=None,
        limit=limit,
        href=fleet_path("etcd"),
        cause=cluster.sentence,
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
        href=fleet_path("pool", name=pool.name),
        cause=pool.cause,
    )
