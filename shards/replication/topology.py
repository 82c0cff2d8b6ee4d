"""The shards as they were last seen. Pure: a snapshot in, values for pages out."""

from metrics.contract import Snapshot, State
from metrics.contract.snapshot import OLD_AFTER_CYCLES, Seen, ShardSeen
from shards.clients.patroni_replies import Cluster
from shards.pools.facts import PgBouncerFacts
from shards.replication.facts import PatroniFacts
from shards.replication.members_seen import members_seen
from shards.replication.seen import MemberSeen, PoolSeen, ShardTopology


def topologies(snapshot: Snapshot) -> tuple[ShardTopology, ...]:
    return tuple(topology(snapshot, shard) for shard in snapshot.shards)


def topology(snapshot: Snapshot, shard: ShardSeen) -> ShardTopology:
    newest = _newest_cluster(snapshot, shard.name)
    cluster = newest[1] if newest else None
    members = tuple(members_seen(snapshot, shard.name, cluster))
    pools = tuple(_pool(snapshot, shard.name, server.name) for server in snapshot.servers_of("pgbouncer", shard.name))
    health, sentence = _health(shard.name, members, pools, cluster)
    return ShardTopology(
        shard=shard,
        members=members,
        pools=pools,
        health=health,
        sentence=sentence,
        paused=bool(cluster and cluster.paused),
        at=newest[0].good_at if newest else None,
        limit=OLD_AFTER_CYCLES * snapshot.cycle_seconds,
    )


def _newest_cluster(snapshot: Snapshot, shard: str) -> tuple[Seen, Cluster] | None:
    """The cluster as the member says that answered last: one that stopped answering keeps an old picture of it."""
    told = [(seen, facts.cluster) for seen, facts in snapshot.facts(PatroniFacts, shard) if seen.good_at]
    return max(told, key=lambda pair: (pair[0].reachable, pair[0].good_at), default=None)


def _pool(snapshot: Snapshot, shard: str, name: str) -> PoolSeen:
    for seen in snapshot.readings:
        if seen.server.kind == "pgbouncer" and seen.server.name == name:
            facts = seen.facts if isinstance(seen.facts, PgBouncerFacts) else None
            return PoolSeen(name, seen.state.value, seen.cause, facts, seen.good_at)
    return PoolSeen(name, State.UNKNOWN.value)


def _health(
    shard: str, members: tuple[MemberSeen, ...], pools: tuple[PoolSeen, ...], cluster: Cluster | None
) -> tuple[str, str]:
    """The first thing that is wrong, the worst first."""
    if cluster is None:
        down = any(member.state == "unreachable" for member in members)
        return ("critical", f"No member of {shard} answers.") if down else ("unknown", f"{shard} was not asked yet.")
    leader = next((member for member in members if member.leads), None)
    if leader is None:
        return "critical", f"{shard} has no leader: its writes fail."
    if leader.state == "unreachable":
        return "critical", f"The leader {leader.name} does not answer."
    sick = [member.name for member in members if member.state not in {"ok", "unknown"}]
    if sick:
        return "degraded", f"{', '.join(sick)} {'needs' if len(sick) == 1 else 'need'} a look."
    if any(pool.state == "unreachable" for pool in pools):
        return "critical", f"The pool in front of {shard} does not answer."
    if cluster.paused:
        return "degraded", f"Patroni is paused: {shard} would not fail over by itself."
    return "ok", f"{leader.name} leads, {len(members) - 1} members follow."
