"""etcd behind all shards: told once, whatever follows from it. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from metrics.contract import Finding, ServerSeen, Severity, Snapshot, State
from novaops.inventory.models import ServerKind
from shards.replication.facts import PostgresFacts
from shards.replication.findings import finding
from shards.replication.own_word import NAME as ITSELF
from shards.replication.quorum import EtcdCluster, EtcdNode, etcd_clusters
from shards.replication.taking_over import of_restarting

ALL = "etcd"


def etcd_cluster(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """Without a quorum nothing else is said of etcd, and little of what it takes along."""
    clusters = etcd_clusters(snapshot)
    for one in clusters:
        named = f":{one.id}" if len(clusters) > 1 else ""
        silent = [node for node in one.nodes if node.server and not node.answers]
        if any(node.state == State.UNKNOWN for node in one.nodes if node.server):
            continue
        if one.quorum is False:
            yield _no_quorum(snapshot, one, silent, f"etcd-quorum{named}")
        elif one.quorum and silent:
            yield _some_silent(snapshot, one, silent, f"etcd-silent{named}")


def has_quorum(snapshot: Snapshot) -> bool:
    """As far as is known."""
    return all(one.quorum is not False for one in etcd_clusters(snapshot))


def _no_quorum(snapshot: Snapshot, cluster: EtcdCluster, silent: Sequence[EtcdNode], key: str) -> Finding:
    step = f"Start {', '.join(one.name for one in silent)} again" if silent else "Look at the logs of its members"
    return finding(
        key,
        Severity.CRITICAL,
        ALL,
        f"etcd has no quorum: {cluster.answering} of {cluster.voters} members answer, {cluster.needed} have to agree. "
        + _consequence(snapshot),
        f"{step}; Patroni goes on by itself then. Where their data is lost, restore etcd from a snapshot.",
        explains=(
            *_of_etcd(cluster.nodes),
            *(key for shard in snapshot.shards for key in _of_shard(snapshot, shard.name)),
        ),
    )


def _consequence(snapshot: Snapshot) -> str:
    headless = [shard.name for shard in snapshot.shards if not _writable(snapshot, shard.name)]
    if headless:
        verb = "has no leader and takes" if len(headless) == 1 else "have no leaders and take"
        return f"{', '.join(headless)} {verb} no writes."
    return "No leader can be replaced, and without Patroni's failsafe mode the leaders stop leading within seconds."


def _writable(snapshot: Snapshot, shard: str) -> bool:
    return any(seen.reachable and not facts.in_recovery for seen, facts in snapshot.facts(PostgresFacts, shard))


def _some_silent(snapshot: Snapshot, cluster: EtcdCluster, silent: Sequence[EtcdNode], key: str) -> Finding:
    names, spare = ", ".join(one.name for one in silent), cluster.spare
    rest = "one more may fail" if spare == 1 else f"{spare} more may fail" if spare else "no more may fail"
    return finding(
        key,
        Severity.WARNING,
        ALL,
        f"etcd {names} {'does' if len(silent) == 1 else 'do'} not answer: {cluster.answering} of {cluster.voters} "
        f"members do, {rest} before Patroni can no longer elect a leader. {silent[0].cause}",
        f"See whether {names} runs and its disk has space; one whose data is lost is removed and added anew.",
        explains=tuple(_of_etcd(silent)),
        since=snapshot.seen(ServerKind.ETCD, silent[0].name, "etcd"),
    )


def _of_etcd(nodes: Sequence[EtcdNode]) -> Iterator[str]:
    for name in (one.name for one in nodes):
        yield from (f"unreachable:etcd:{name}", f"unanswered:etcd:etcd:{name}", f"replication:etcd-leader:{name}")


def _of_shard(snapshot: Snapshot, shard: str) -> Iterator[str]:
    yield from (f"replication:leader:{shard}", f"replication:sync:{shard}")
    for member in snapshot.servers_of(ServerKind.PATRONI, shard):
        yield from _of_member(snapshot, member)


def _of_member(snapshot: Snapshot, member: ServerSeen) -> Iterator[str]:
    """Patroni cannot say what the cluster is; whether it runs at all is another question. A leader is stopped before
    its Patroni is heard to say so."""
    name = member.name
    for what in ("no-etcd", "missing", "state", "receiver", "timeline"):
        yield f"replication:{what}:{name}"
    yield f"unanswered:patroni:patroni:{name}"
    yield f"unanswered:patroni-settings:patroni:{name}"
    own = snapshot.seen(ServerKind.PATRONI, name, ITSELF)
    if own and own.reachable:
        yield f"unreachable:patroni:{name}"
        if _led(snapshot, name):
            yield f"replication:silent-postgres:{name}"
    yield from of_restarting(snapshot, member)


def _led(snapshot: Snapshot, name: str) -> bool:
    """By what its PostgreSQL said last."""
    seen = snapshot.seen(ServerKind.POSTGRES, name, "postgres")
    return bool(seen and isinstance(seen.facts, PostgresFacts) and not seen.facts.in_recovery)
