"""A former leader that took the lead back, on the timeline that it had: what its successor wrote meanwhile is lost.

Seen with Patroni 3.0: one that was frozen while another was elected writes itself into the leader key when it wakes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from metrics.contract import Finding, Severity, Snapshot
from novaops.inventory.models import ServerKind
from shards.replication.facts import PostgresFacts
from shards.replication.findings import cluster_of, finding
from shards.replication.history_models import LeaderSwitch

TOLD_FOR = timedelta(hours=1)
# Clocks of the members and of the collectors may differ by so much.
CLOCKS = timedelta(seconds=2)


def lost_timelines(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """Asks the control database for the changes of the last hour."""
    newest: dict[str, LeaderSwitch] = {}
    for one in LeaderSwitch.objects.filter(at__gte=now - TOLD_FOR).order_by("timeline", "at"):
        newest[one.shard] = one
    for shard in snapshot.shards:
        cluster, last = cluster_of(snapshot, shard.name), newest.get(shard.name)
        leader = cluster.leader.name if cluster and cluster.leader else ""
        own = _timeline(snapshot, leader, last.at) if last and leader not in ("", last.new_leader) else None
        if last and own is not None and own < last.timeline:
            yield _told(shard.name, leader, own, last)


def _timeline(snapshot: Snapshot, leader: str, since: datetime) -> int | None:
    """By PostgreSQL's own word, said since then, while it takes writes."""
    seen = snapshot.seen(ServerKind.POSTGRES, leader, "postgres")
    if not seen or not seen.reachable or not isinstance(seen.facts, PostgresFacts) or seen.facts.in_recovery:
        return None
    return seen.facts.timeline if seen.good_at and seen.good_at > since + CLOCKS else None


def _told(shard: str, leader: str, own: int, last: LeaderSwitch) -> Finding:
    sentence = (
        f"{leader} leads {shard} on timeline {own} again, although {last.new_leader} had taken over at "
        f"{last.at:%H:%M:%S} UTC, on timeline {last.timeline}: what was written on {last.new_leader} meanwhile is lost."
    )
    step = (
        f"Have the applications compare what they wrote since {last.at:%H:%M:%S} UTC. Patroni's watchdog ends a leader "
        "that hangs before another one is elected: each member needs a device for it, and watchdog: mode: required."
    )
    return finding(f"lost-timeline:{shard}", Severity.CRITICAL, shard, sentence, step)
