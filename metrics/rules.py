"""Findings about being asked at all: who does not answer, and whether anybody asks. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from metrics.contract import Finding, Seen, ServerSeen, Severity, Snapshot, State
from metrics.thresholds import COLLECTOR_SILENT_CYCLES
from novaops.inventory.models import ServerKind
from novaops.ui.formats import duration

PAGES = {
    ServerKind.REDIS: "caches",
    ServerKind.MEMCACHED: "caches",
    ServerKind.NATS: "caches",
}
# What reads go on without; everything else is needed.
SPARE = {ServerKind.MEMCACHED}


def unreachable(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """One for each server that does not answer; where it answers other probes, the failing one is named, once it failed
    again where it is asked seldom: the first time may have met a restart of some seconds."""
    for server in snapshot.servers:
        readings = [one for one in snapshot.readings if one.server == server]
        silent = [one for one in readings if one.state == State.UNREACHABLE]
        if silent and all(one.state == State.UNREACHABLE for one in _most_often_asked(readings)):
            yield _down(server, silent)
        elif silent:
            often = _most_often_asked(readings)
            yield from (_unanswered(one) for one in silent if one in often or _failed_again(one, often))


def _most_often_asked(readings: list[Seen]) -> list[Seen]:
    """The others may still stand as they were before the server fell silent."""
    often = min(one.every_seconds for one in readings)
    return [one for one in readings if one.every_seconds == often]


def _failed_again(one: Seen, often: list[Seen]) -> bool:
    """And since what is asked often is answered: before that the server was away."""
    if one.checked_at is None or one.state_since is None:
        return False
    back = max((other.state_since for other in often if other.reachable and other.state_since), default=one.state_since)
    return one.checked_at > max(back, one.state_since)


def _down(server: ServerSeen, silent: list[Seen]) -> Finding:
    kind = ServerKind(server.kind)
    first = min(silent, key=lambda one: (one.every_seconds, one.probe))
    return Finding(
        key=f"unreachable:{kind}:{server.name}",
        severity=Severity.WARNING if kind in SPARE else Severity.CRITICAL,
        sentence=f"{kind.label} {server.name} ({server.address}) does not answer: {first.cause}",
        subject=server.name,
        since=min((one.state_since for one in silent if one.state_since), default=None),
        page=PAGES.get(kind, "replication"),
        anchor=server.shard or server.name,
        next_step="See whether the process runs and the address is right; the values shown are its last good ones.",
    )


def _unanswered(one: Seen) -> Finding:
    server = one.server
    return Finding(
        key=f"unanswered:{one.probe}:{server.kind}:{server.name}",
        severity=Severity.WARNING,
        sentence=f"{server.name} answers, but not when it is asked for “{one.probe}”: {one.cause}",
        subject=server.name,
        since=one.state_since,
        page=PAGES.get(ServerKind(server.kind), "replication"),
        anchor=server.shard or server.name,
        next_step="Its log says why; what is shown of that is the last good answer.",
    )


def nobody_asks(snapshot: Snapshot, now: datetime) -> Iterable[Finding]:
    """The collectors themselves: when the newest answer of all is old, nobody asks."""
    if not snapshot.servers:
        return
    newest = max((one.checked_at for one in snapshot.readings if one.checked_at), default=None)
    limit = COLLECTOR_SILENT_CYCLES * snapshot.cycle_seconds
    if newest and (now - newest).total_seconds() <= limit:
        return
    told = f"for {duration((now - newest).total_seconds())}" if newest else "yet"
    yield Finding(
        key="collector:silent",
        severity=Severity.CRITICAL,
        sentence=f"No collector has asked the fleet's servers {told}: every value is old.",
        subject="collector",
        since=newest,
        page="overview",
        next_step="Start one with `manage.py collect`, or read the log of the one that runs.",
    )
