"""A leader that changed lately without anybody here having asked for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from metrics.contract import Finding, Severity, Snapshot
from shards.replication.facts import PatroniSettingsFacts
from shards.replication.findings import finding, whole
from shards.replication.history import LeaderChange, changes
from shards.replication.history_causes import cause_of
from shards.replication.history_models import Happening
from shards.replication.history_recording import WATCHED
from shards.replication.taking_over import SETTLES, of_new_leader

TOLD_FOR = timedelta(minutes=15)


def failovers(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """Asks the control database only where there was a change."""
    for shard in snapshot.shards:
        change = _latest(snapshot, shard.name)
        at = change.at if change else None
        if change is None or at is None or not timedelta() <= now - at <= TOLD_FOR:
            continue
        change = change if change.old_leader else replace(change, old_leader=_first_leader(shard.name))
        if change.verb == "leader changed" and cause_of(shard.name, change, at).operation is None:
            yield _told(snapshot, shard.name, change, at, settling=now - at <= SETTLES)


def _latest(snapshot: Snapshot, shard: str) -> LeaderChange | None:
    told = [change for _, facts in snapshot.facts(PatroniSettingsFacts, shard) for change in changes(facts.history)]
    return max(told, key=lambda change: change.timeline, default=None)


def _first_leader(shard: str) -> str:
    """Who led when the shard was first watched, before Patroni had a history."""
    watched = Happening.objects.filter(shard=shard, key=WATCHED).first()
    return watched.state if watched else ""


def _told(snapshot: Snapshot, shard: str, change: LeaderChange, at: datetime, settling: bool) -> Finding:
    """A warning while the shard is not whole again: what is missing then is counted with it."""
    former = f" from {change.old_leader}" if change.old_leader else ""
    sentence = (
        f"{change.new_leader or 'Another member'} took over {shard}{former} at {at:%H:%M:%S} UTC, on timeline "
        f"{change.timeline}: nobody asked for it through NovaOps."
    )
    step = "See in the change log what happened before it, and whether the former leader follows again."
    missing = settling and not whole(snapshot, shard)
    severity = Severity.WARNING if missing else Severity.INFO
    explains = tuple(of_new_leader(snapshot, shard)) if missing else ()
    if missing:
        sentence += " Not all members follow yet."
    return replace(finding(f"failover:{shard}", severity, shard, sentence, step, explains=explains), since=at)
