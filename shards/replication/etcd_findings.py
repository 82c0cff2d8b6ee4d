"""etcd behind all shards: told once, whatever follows from it. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from metrics.contract import Finding, Seen, ServerSeen, Severity, Snapshot, State
from novaops.inventory.models import ServerKind
from shards.replication.facts import EtcdFacts, PostgresFacts
from shards.replication.findings import finding
from shards.replication.own_word import NAME as ITSELF
from shards.replication.taking_over import of_restarting

ALL = "etcd"


def etcd_cluster(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """Without a quorum nothing else is said of etcd, and little of what it takes along."""
    readings = snapshot.of_probe("etcd")
    if not readings or any(one.state == State.UNKNOWN for one in readings):
        return
    total = max(len(readings), *(len(_members(one)) for one in readings))
    answering, working = [one for one in readings if one.reachable], [one for one in readings if _works(one)]
    silent = [one for one in readings if not one.reachable]
    if not working:
        yield _no_quorum(snapshot, readings, len(answering), total)
    elif silent:
        yield _some_silent(silent, len(answering), total)


def has_quorum(snapshot: Snapshot) -> bool:
    """As far as is known."""
    readings = snapshot.of_probe("etcd")
    return not readings or any(_works(one) or one.state == State.UNKNOWN for one in readings)


def _works(one: Seen) -> bool:
    facts = one.facts
    return one.reachable and isinstance(facts, EtcdFacts) and bool(facts.status.leader) and facts.status.healthy


def _members(one: Seen) -> Sequence[object]:
    return one.facts.status.members if isinstance(one.facts, EtcdFacts) else ()


def _no_quorum(snapshot: Snapshot, readings: Sequence[Seen], answering: int, total: int) -> Finding:
    silent = [one.server.name for one in readings if not one.reachable]
    step = f"Start {', '.join(silent)} again" if silent else "Look at the logs of its members"
    found = finding(
        "etcd-quorum",
        Severity.CRITICAL,
        ALL,
        f"etcd has no quorum: {answering} of {total} members answer, {total // 2 + 1} have to agree. "
        + _consequence(snapshot),
        f"{step}; Patroni goes on by itself then. Where their data is lost, restore etcd from a snapshot.",
        explains=(*_of_etcd(readings), *(key for shard in snapshot.shards for key in _of_shard(snapshot, shard.name))),
    )
    return found


def _consequence(snapshot: Snapshot) -> str:
    headless = [shard.name for shard in snapshot.shards if not _writable(snapshot, shard.name)]
    if headless:
        verb = "has no leader and takes" if len(headless) == 1 else "have no leaders and take"
        return f"{', '.join(headless)} {verb} no writes."
    return "No leader can be replaced, and without Patroni's failsafe mode the leaders stop leading within seconds."


def _writable(snapshot: Snapshot, shard: str) -> bool:
    return any(seen.reachable and not facts.in_recovery for seen, facts in snapshot.facts(PostgresFacts, shard))


def _some_silent(silent: Sequence[Seen], answering: int, total: int) -> Finding:
    names = ", ".join(one.server.name for one in silent)
    spare = answering - (total // 2 + 1)
    rest = "one more may fail" if spare == 1 else f"{spare} more may fail" if spare else "no more may fail"
    return finding(
        "etcd-silent",
        Severity.WARNING,
        ALL,
        f"etcd {names} {'does' if len(silent) == 1 else 'do'} not answer: {answering} of {total} members do, {rest} "
        f"before Patroni can no longer elect a leader. {silent[0].cause}",
        f"See whether {names} runs and its disk has space; one whose data is lost is removed and added anew.",
        explains=tuple(_of_etcd(silent)),
        since=silent[0],
    )


def _of_etcd(readings: Sequence[Seen]) -> Iterator[str]:
    for one in readings:
        name = one.server.name
        yield from (f"unreachable:etcd:{name}", f"unanswered:etcd:etcd:{name}", f"replication:etcd-leader:{name}")


def _of_shard(snapshot: Snapshot, shard: str) -> Iterator[str]:
    yield from (f"replication:leader:{shard}", f"replication:sync:{shard}")
    for member in snapshot.servers_of(ServerKind.PATRONI, shard):
        yield from _of_member(snapshot, member)


def _of_member(snapshot: Snapshot, member: ServerSeen) -> Iterator[str]:
    """Patroni cannot say what the cluster is; whether it runs at all is another question."""
    name = member.name
    for what in ("no-etcd", "missing", "state", "receiver", "timeline"):
        yield f"replication:{what}:{name}"
    yield f"unanswered:patroni:patroni:{name}"
    yield f"unanswered:patroni-settings:patroni:{name}"
    own = snapshot.seen(ServerKind.PATRONI, name, ITSELF)
    if own and own.reachable:
        yield f"unreachable:patroni:{name}"
    yield from of_restarting(snapshot, member)
