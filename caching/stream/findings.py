"""What is wrong with the change stream: which part, since when, and what that means for those who read. `rule` reads
the parts; all else is pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from caching.library.families import FAMILIES
from caching.stream.models import StreamPart, StreamSlot
from caching.stream.seen import ChangeStream, PartSeen, ShardStream, change_stream
from metrics.contract import Finding, Severity, Snapshot
from novaops.inventory.models import ServerKind
from novaops.ui.formats import duration, human_bytes, human_number

LAG_WARNING_SECONDS, LAG_CRITICAL_SECONDS = 10.0, 60.0
BACKLOG_WARNING = 10_000
# A restart, a failover: shorter than this nobody needs to look.
PATIENCE = timedelta(seconds=30)
BEGUN_SHOWN = timedelta(hours=1)
LONGEST_TTL = max(family.ttl for family in FAMILIES.values() if family.name not in {"session", "metric"})
MEANS = (
    f"Until then reads of what changed there may be as old as that, for at most {duration(LONGEST_TTL)}; "
    "applications that forget by themselves see their own changes at once."
)


def rule(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """Where the fleet has NATS and the stream has run."""
    parts = list(StreamPart.objects.all()) if snapshot.servers_of(ServerKind.NATS) else []
    if not parts:
        return
    fleet = str(getattr(connection.tenant, "slug", ""))  # type: ignore[attr-defined]
    yield from found(change_stream(snapshot, fleet, parts, list(StreamSlot.objects.all())), now)


def found(seen: ChangeStream, now: datetime) -> Iterator[Finding]:
    for shard in seen.shards:
        yield from _shard(shard, now)
    yield from _jetstream(seen)
    for part in seen.invalidators:
        if _down(part, now):
            yield _part(part, Severity.CRITICAL, f"Changes of a part of the tenants do not reach the caches. {MEANS}")
    if _down(seen.rollups, now):
        yield _part(seen.rollups, Severity.WARNING, "Changes per minute are not counted; they are when it runs again.")


def _shard(one: ShardStream, now: datetime) -> Iterator[Finding]:
    if _down(one.reader, now):
        yield _part(one.reader, Severity.CRITICAL, f"Changes of {one.shard} do not reach the caches. {MEANS}")
    lag = one.lag_seconds or 0.0
    if one.reader.works and lag > LAG_WARNING_SECONDS:
        severity = Severity.CRITICAL if lag > LAG_CRITICAL_SECONDS else Severity.WARNING
        sentence = f"The change stream of {one.shard} is {duration(lag)} behind the last commits. {MEANS}"
        yield _finding(f"lag:{one.shard}", severity, one.shard, sentence, "Look for a very large transaction.")
    if one.slot is not None and one.slot.wal_status == "lost":
        sentence = f"The slot {one.slot.name} of the change stream has lost WAL; it is made anew."
        yield _finding(f"lost:{one.shard}", Severity.CRITICAL, one.shard, sentence, "See that its reader runs.")
    if one.known is not None and one.known.begun_times > 1 and now - one.known.begun_at < BEGUN_SHOWN:
        held = f" It holds {human_bytes(one.held_bytes)} of WAL." if one.held_bytes else ""
        sentence = (
            f"The change stream of {one.shard} began anew: {one.known.begun_why} All that was cached of the shard is "
            f"old, so that nothing stale is served.{held}"
        )
        step = "Nothing needs to be done; the change log has what led to it."
        yield _finding(f"begun:{one.shard}", Severity.INFO, one.shard, sentence, step, one.known.begun_at)


def _jetstream(seen: ChangeStream) -> Iterator[Finding]:
    missing = (*seen.invalidation.missing, *seen.rolling_up.missing)
    if missing:
        sentence = f"JetStream lacks the consumer {missing[0]}: notices are dropped before they are acted on. {MEANS}"
        yield _finding("consumer", Severity.CRITICAL, missing[0], sentence, "The reader makes it anew: see it runs.")
    for what, backlog in (("invalidator", seen.invalidation), ("rollups", seen.rolling_up)):
        if backlog.all > BACKLOG_WARNING:
            sentence = f"{human_number(backlog.all)} notices wait for the {what}."
            step = f"Start more processes of manage.py change_stream {what}, or see why it is slow."
            yield _finding(f"backlog:{what}", Severity.WARNING, what, sentence, step)


def _down(part: PartSeen, now: datetime) -> bool:
    return part.state == "critical" and (part.since is None or now - part.since > PATIENCE)


def _part(part: PartSeen, severity: Severity, meaning: str) -> Finding:
    sentence = f"The change stream's {part.name.replace(':', ' ', 1)} does not work: {part.cause} {meaning}"
    step = "Start manage.py change_stream on any host." if part.word == "Nobody" else "It tries again by itself."
    return _finding(f"part:{part.name}", severity, part.name, sentence, step, part.since)


def _finding(
    key: str, severity: Severity, subject: str, sentence: str, next_step: str, since: datetime | None = None
) -> Finding:
    return Finding(
        key=f"stream:{key}",
        severity=severity,
        sentence=sentence,
        subject=subject,
        since=since,
        page="change-stream",
        next_step=next_step,
    )
