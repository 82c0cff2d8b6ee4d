"""Pools that are paused: by whom, since when, until when; and guards that went away."""

from collections.abc import Iterator
from datetime import datetime

from metrics.contract import Finding, Remedy, Seen, Severity, Snapshot
from novaops.ui.formats import duration
from shards.pools.facts import PgBouncerFacts
from shards.pools.pausing import guards, records
from shards.pools.pausing.models import PoolPause

ALIEN = "Resume it when nothing is under way that paused it: no guard will."
LATE = "Resume it, and look why no guard did."


def pauses(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    paused = [
        (seen, database.name)
        for seen, facts in snapshot.facts(PgBouncerFacts)
        if seen.reachable
        for database in facts.databases
        if database.paused
    ]
    standing = _standing() if paused else {}
    for seen, database in paused:
        yield paused_finding(seen, database, standing.get((seen.server.name, database)), now)
    if guards.last_seen() and (absent := guards.absence(now)):
        yield Finding(
            key="pools:no-guard",
            severity=Severity.WARNING,
            sentence=f"{absent} Until then every operation that pauses a pool is refused.",
            subject="pool guards",
            since=None,
            page="replication",
        )


def of_pool(seen: Seen, facts: PgBouncerFacts, now: datetime) -> list[tuple[Finding, PoolPause | None]]:
    """The same of one pool, each with the pause that the console's book knows."""
    paused = [one.name for one in facts.databases if one.paused]
    standing = _standing() if paused else {}
    kept = [(name, standing.get((seen.server.name, name))) for name in paused]
    return [(paused_finding(seen, name, pause, now), pause) for name, pause in kept]


def _standing() -> dict[tuple[str, str], PoolPause]:
    return {(one.pool, one.database): one for one in records.standing()}


def paused_finding(seen: Seen, database: str, pause: PoolPause | None, now: datetime) -> Finding:
    """The sentence for one paused database. Pure."""
    severity, sentence, advice = said(seen.server.name, database, pause, now)
    return Finding(
        key=f"pools:paused:{seen.server.name}:{database}",
        severity=severity,
        sentence=sentence,
        subject=seen.server.name,
        since=(pause.paused_at or pause.asked_at) if pause else seen.state_since,
        page="replication",
        anchor=seen.server.shard,
        next_step=advice,
        remedy=Remedy("Resume it", "pool-resume", {"pool": seen.server.name, "database": database}),
    )


def said(pool: str, database: str, pause: PoolPause | None, now: datetime) -> tuple[Severity, str, str]:
    what = f"{pool} is paused ({database}): clients wait until it is resumed."
    if pause is None:
        return Severity.CRITICAL, f"{what} The console did not pause it.", ALIEN
    since = f"{pause.paused_at or pause.asked_at:%H:%M:%S} UTC"
    who = f"Operation {pause.operation} paused it at {since}"
    left = (pause.ends_at - now).total_seconds()
    if left < 0:
        return Severity.CRITICAL, f"{what} {who}, and its end has passed {duration(-left)} ago.", LATE
    end = f"it ends at {pause.ends_at:%H:%M:%S} UTC at the latest"
    return (
        Severity.WARNING,
        f"{what} {who}; {end}.",
        "A guard resumes it at its end, whatever becomes of the operation.",
    )
