"""How long writes were away at a change of leader, and what may be lost, from what was sampled around it. Pure.

The last write of the old leader is the commit that the new one replayed last, which it still tells to the microsecond;
where it does not, it lies between two samples of the old leader's counter of written rows. The first write on the new
leader lies between two samples of the same counter there, the first of which may not have had it yet: PostgreSQL
publishes its counters late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from metrics.series import Point
from novaops.ui.formats import duration, human_bytes
from shards.replication.history import lsn_text

WRITTEN, POSITION = "rows_written_total", "wal_bytes_total"
# A server that is still sampled for so long without a written row was idle: nobody's writes were away.
IDLE = timedelta(seconds=15)
CLOCKS = timedelta(seconds=2)
# Patroni's time is that of the new timeline's file, which may be written when rows come already.
PROMOTED = timedelta(seconds=0.5)
# A session publishes its counters once a second while it works; what it wrote since stays with it for ten seconds when
# it falls idle (PGSTAT_IDLE_INTERVAL). A new session's first row may be such a one.
PUBLISHED = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Between:
    """A moment that lies between two known ones; the same twice where it is exact."""

    after: datetime
    before: datetime


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of one change: samples of both leaders, oldest first; `replayed_at` is the commit that the new one
    replayed last, None where it does not tell any more; `synchronous`, `planned`: as the shard and the request were;
    `named`: a failover to a member that somebody chose, for which Patroni looks at no synchronous standby."""

    at: datetime
    lsn: int
    old: Sequence[Point]
    new: Sequence[Point]
    replayed_at: datetime | None = None
    synchronous: bool = False
    planned: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds between which the gap lies, None where nothing can be said; the bytes that are lost for certain; and how
    both are known."""

    least: float | None
    most: float | None
    how: str
    lost_bytes: int | None
    lost: str


def measured(around: Around, final: bool = False) -> Measured | None:
    """None while the new leader was not seen writing, which may still come unless it is `final`."""
    lost_bytes, lost = _lost(around)
    last, how = _last_write(around)
    first = _first_write(around)
    if last is None:
        return Measured(None, None, "No write of the old leader was sampled before it.", lost_bytes, lost)
    if first is None:
        told = "No row was written on the new leader while it was looked at."
        return Measured(None, None, told, lost_bytes, lost) if final else None
    if _idle(around, last):
        told = (
            f"Nobody had written since {last.before:%H:%M:%S} UTC although the old leader answered: no write was away."
        )
        return Measured(None, None, told, lost_bytes, lost)
    least = max(0.0, (first.after - last.before).total_seconds())
    most = max(least, (first.before - last.after).total_seconds())
    seen = (
        f"the first row on the new leader between {first.after:%H:%M:%S} and {first.before:%H:%M:%S} UTC, by its "
        "counters, which may be ten seconds late"
    )
    return Measured(least, most, f"From {how} to {seen}.", lost_bytes, lost)


def _last_write(around: Around) -> tuple[Between | None, str]:
    exact = around.replayed_at
    if exact and exact <= around.at + CLOCKS:
        return Between(exact, exact), f"the last commit that the new leader replayed, {exact:%H:%M:%S.%f} UTC"
    grown = [pair for pair in _growth(around.old) if pair.before <= around.at + CLOCKS]
    if not grown:
        return None, ""
    # What it wrote after the last sample is not seen: until the change at most.
    between = Between(grown[-1].before, max(grown[-1].before, _next(around.old, grown[-1].before) or around.at))
    return between, f"the last row that was sampled on the old leader, after {between.after:%H:%M:%S} UTC"


def _first_write(around: Around) -> Between | None:
    """A sample without it is none of the time right before: the row may be there, and not be counted yet."""
    found = next((pair for pair in _growth(around.new) if pair.before > around.at - CLOCKS), None)
    promoted = around.at - PROMOTED
    return Between(max(found.after - PUBLISHED, min(promoted, found.before)), found.before) if found else None


def _growth(points: Sequence[Point]) -> list[Between]:
    """Between which samples rows were written."""
    known = [point for point in points if point.values.get(WRITTEN) is not None]
    return [
        Between(earlier.at, later.at)
        for earlier, later in pairwise(known)
        if later.values[WRITTEN] > earlier.values[WRITTEN]
    ]


def _next(points: Sequence[Point], at: datetime) -> datetime | None:
    return next((point.at for point in points if point.at > at and WRITTEN in point.values), None)


def _idle(around: Around, last: Between) -> bool:
    heard = [point.at for point in around.old if point.at < around.at and WRITTEN in point.values]
    return bool(heard) and heard[-1] - last.before > IDLE


def _lost(around: Around) -> tuple[int | None, str]:
    known = [point for point in around.old if point.at <= around.at and point.values.get(POSITION)]
    if not known:
        return None, "Nothing is known of what the old leader had written last."
    last = known[-1]
    position, silent = int(last.values[POSITION]), max(0.0, (around.at - last.at).total_seconds())
    where = f"the old leader was last heard at {lsn_text(position)}, {duration(silent)} before"
    if position > around.lsn:
        acknowledged = _acknowledged(around)
        return position - around.lsn, (
            f"At least {human_bytes(position - around.lsn)} of WAL: {where}, and the new timeline begins at "
            f"{lsn_text(around.lsn)}{acknowledged}."
        )
    return 0, f"Nothing that is known of: {where}, and the new timeline begins after that. {_unseen(around)}"


def _acknowledged(around: Around) -> str:
    if not around.synchronous:
        return ""
    if around.named:
        return "; commits of it may have been acknowledged, as the failover chose the member whatever confirmed them"
    return "; none of it was acknowledged, as the shard is synchronous"


def _unseen(around: Around) -> str:
    if around.planned:
        return "The old leader was shut down in order, and handed over all that it had written."
    if around.named:
        return "What it wrote after that and the chosen member had not received is lost, and nobody knows how much."
    if around.synchronous:
        return "What it wrote after that without a standby's word was not acknowledged, as the shard is synchronous."
    return (
        "What it wrote after that and had not sent yet is lost, and nobody knows how much: the shard is asynchronous."
    )
