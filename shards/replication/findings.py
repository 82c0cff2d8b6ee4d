"""What is wrong with a shard's cluster. Pure."""

from collections.abc import Iterator
from datetime import datetime

from metrics import thresholds
from metrics.contract import Finding, Remedy, Seen, Severity, Snapshot
from novaops.ui.formats import human_bytes
from shards.clients.patroni_replies import Cluster, Member, Role
from shards.replication.facts import PatroniFacts, PatroniSettingsFacts

PAGE = "replication"


def clusters(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    for shard in snapshot.shards:
        cluster = cluster_of(snapshot, shard.name)
        if cluster is not None:
            yield from _cluster(snapshot, shard.name, cluster)


def cluster_of(snapshot: Snapshot, shard: str) -> Cluster | None:
    """The cluster as the member sees it that answered last; None when none answers."""
    views = [(seen.good_at, facts) for seen, facts in snapshot.facts(PatroniFacts, shard) if seen.reachable]
    _, newest = max(views, key=lambda view: view[0] or snapshot.at, default=(None, None))
    return newest.cluster if newest else None


def newest_cluster(snapshot: Snapshot, shard: str) -> Cluster | None:
    """The same; where none answers now, what was said last."""
    told = [(seen, facts.cluster) for seen, facts in snapshot.facts(PatroniFacts, shard) if seen.good_at]
    newest = max(told, key=lambda pair: (pair[0].reachable, pair[0].good_at), default=None)
    return newest[1] if newest else None


def whole(snapshot: Snapshot, shard: str) -> bool:
    """Its cluster, as Patroni tells it, needs no look."""
    cluster = cluster_of(snapshot, shard)
    worth = (one.severity > Severity.INFO for one in _cluster(snapshot, shard, cluster)) if cluster else (True,)
    return not any(worth)


def _cluster(snapshot: Snapshot, shard: str, cluster: Cluster) -> Iterator[Finding]:
    if cluster.leader is None:
        yield finding(
            f"leader:{shard}",
            Severity.CRITICAL,
            shard,
            f"{shard} has no leader: nothing can be written.",
            "Patroni elects one when the old leader's lock ends; if none comes, look at etcd and the members.",
            remedy=Remedy("Fail over", "failover", {"shard": shard}),
        )
    takes_writes = cluster.leader and cluster.leader.role is not Role.STANDBY_LEADER
    if takes_writes and _synchronous(snapshot, shard) and not any(one.synchronous for one in cluster.members):
        sentence = f"{shard} has no synchronous standby: a failover now could lose acknowledged writes."
        yield finding(
            f"sync:{shard}", Severity.WARNING, shard, sentence, "See why no replica keeps up with the leader."
        )
    for member in cluster.members:
        yield from _member(shard, member, cluster.leader)
    yield from _missing(snapshot, shard, cluster)


def _synchronous(snapshot: Snapshot, shard: str) -> bool:
    return any(facts.config.synchronous_mode != "off" for _, facts in snapshot.facts(PatroniSettingsFacts, shard))


def _member(shard: str, member: Member, leader: Member | None) -> Iterator[Finding]:
    if not member.healthy:
        sentence = f"PostgreSQL of {member.name} is in state “{member.state}”."
        yield finding(f"state:{member.name}", Severity.WARNING, shard, sentence, "Its log says why.", member.name)
    if member.lag_bytes is not None and member.lag_bytes > thresholds.LAG_WARNING_BYTES:
        sentence = f"{member.name} is {human_bytes(member.lag_bytes)} behind its leader."
        step = "See whether it streams and replays: its network, its disk, a long query on it, a paused replay."
        yield finding(f"lag-bytes:{member.name}", Severity.WARNING, shard, sentence, step, member.name)
    if leader and member.healthy and member.timeline and leader.timeline and member.timeline < leader.timeline:
        sentence = f"{member.name} is on timeline {member.timeline}, its leader on {leader.timeline}."
        step = "It follows by itself or with pg_rewind; where it stays so, its log says why: then reinitialise it."
        remedy = build_anew(shard, member.name)
        yield finding(f"timeline:{member.name}", Severity.WARNING, shard, sentence, step, member.name, remedy=remedy)
    if member.pending_restart:
        sentence = f"{member.name} has settings that wait for a restart."
        step = "Restart it when it suits: replicas first, the leader after a switchover."
        remedy = _restart(shard, member)
        yield finding(f"restart:{member.name}", Severity.INFO, shard, sentence, step, member.name, remedy=remedy)


def _restart(shard: str, member: Member) -> Remedy:
    """The leader restarts with its shard: it hands over first."""
    if member.leads:
        return Remedy("Restart the shard", "shard-restart", {"shard": shard, "only_pending": "true"})
    return Remedy("Restart it", "member-restart", {"shard": shard, "member": member.name, "only_pending": "true"})


def build_anew(shard: str, member: str) -> Remedy:
    return Remedy("Build it anew", "member-reinitialise", {"shard": shard, "member": member})


def _missing(snapshot: Snapshot, shard: str, cluster: Cluster) -> Iterator[Finding]:
    """A Patroni that answers, but that the cluster does not know: it cannot reach etcd, or has another scope."""
    for seen, _ in snapshot.facts(PatroniFacts, shard):
        if seen.reachable and cluster.member(seen.server.name) is None:
            sentence = f"{seen.server.name} answers, but is no member of the cluster as the others see it."
            step = "See that it reaches etcd and has the same scope and name as in the fleet file."
            yield finding(f"missing:{seen.server.name}", Severity.WARNING, shard, sentence, step, seen.server.name)


def finding(
    key: str,
    severity: Severity,
    shard: str,
    sentence: str,
    next_step: str = "",
    subject: str = "",
    since: Seen | None = None,
    explains: tuple[str, ...] = (),
    remedy: Remedy | None = None,
) -> Finding:
    """A finding of this page. `since` is a reading whose state began with it, where there is one."""
    return Finding(
        key=f"replication:{key}",
        severity=severity,
        sentence=sentence,
        subject=subject or shard,
        since=since.state_since if since else None,
        page=PAGE,
        anchor=shard,
        next_step=next_step,
        explains=explains,
        remedy=remedy,
    )
