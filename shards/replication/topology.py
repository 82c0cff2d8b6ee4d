"""The shards as they were last seen. Pure: a snapshot in, values for pages out."""

from metrics.contract import Snapshot, State
from metrics.contract.snapshot import OLD_AFTER_CYCLES, Seen, ServerSeen, ShardSeen
from shards.clients.patroni_replies import Cluster, Config, Role
from shards.pools.facts import PgBouncerFacts
from shards.replication.facts import PatroniFacts, PatroniSettingsFacts
from shards.replication.members_seen import members_seen
from shards.replication.seen import MemberSeen, PoolSeen, ShardTopology


def topologies(snapshot: Snapshot) -> tuple[ShardTopology, ...]:
    return tuple(topology(snapshot, shard) for shard in snapshot.shards)


def topology(snapshot: Snapshot, shard: ShardSeen) -> ShardTopology:
    newest = newest_cluster(snapshot, shard.name)
    cluster = newest[1] if newest else None
    members = tuple(members_seen(snapshot, shard.name, cluster))
    pools = tuple(_pool(snapshot, server, members) for server in snapshot.servers_of("pgbouncer", shard.name))
    config = _config(snapshot, shard.name)
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
        synchronous_mode=config.synchronous_mode if config else "off",
        failsafe=any(member.status.failsafe_mode_is_active for member in members if member.status),
        scheduled=cluster.scheduled_switchover if cluster else None,
        permanent_slots=config.permanent_slots if config else (),
    )


def _config(snapshot: Snapshot, shard: str) -> Config | None:
    told = [(seen.good_at, facts.config) for seen, facts in snapshot.facts(PatroniSettingsFacts, shard) if seen.good_at]
    return max(told, key=lambda pair: pair[0], default=(None, None))[1]


def newest_cluster(snapshot: Snapshot, shard: str) -> tuple[Seen, Cluster] | None:
    """The cluster as the member says that answered last: one that stopped answering keeps an old picture of it."""
    told = [(seen, facts.cluster) for seen, facts in snapshot.facts(PatroniFacts, shard) if seen.good_at]
    return max(told, key=lambda pair: (pair[0].reachable, pair[0].good_at), default=None)


def _pool(snapshot: Snapshot, server: ServerSeen, members: tuple[MemberSeen, ...]) -> PoolSeen:
    writes, reads = (server.options.get(name) or name for name in ("primary", "replica"))
    seen = snapshot.seen("pgbouncer", server.name, "pgbouncer")
    facts = seen.facts if seen and isinstance(seen.facts, PgBouncerFacts) else None
    return PoolSeen(
        server.name,
        seen.state.value if seen else State.UNKNOWN.value,
        seen.cause if seen else "",
        facts,
        seen.good_at if seen else None,
        writes,
        reads,
        writes_to=_leads_to(snapshot, server.shard, members, facts, writes),
        reads_from=_leads_to(snapshot, server.shard, members, facts, reads),
    )


def _leads_to(
    snapshot: Snapshot, shard: str, members: tuple[MemberSeen, ...], facts: PgBouncerFacts | None, database: str
) -> tuple[str, ...]:
    """The members behind a name of the pool, which may list several hosts."""
    found = facts.database(database) if facts else None
    if found is None:
        return ()
    wanted = {f"{host.strip()}:{found.port}" for host in found.host.split(",")}
    registered = {one.address: one.name for one in snapshot.servers_of("postgres", shard)}
    names = {one.address: one.name for one in members} | registered
    return tuple(sorted(names[address] for address in wanted if address in names))


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
    number = len(members) - 1
    others = "one member follows" if number == 1 else f"{number} members follow"
    if leader.role is Role.STANDBY_LEADER:
        return "ok", f"{leader.name} follows another cluster ({leader.sender or 'not streaming now'}), {others} it."
    return "ok", f"{leader.name} leads, {others}."
