"""Which guards run: what a plan asks before it promises a pause."""

from datetime import datetime, timedelta

from django.db.models.functions import Now

from novaops.operations.contract import Check, CheckOutcome
from novaops.ui.formats import duration
from shards.pools.pausing.models import PoolGuard

# A guard says every two seconds that it is there.
SEEN_SECONDS = 8.0
FORGOTTEN = timedelta(days=1)
START_ONE = "Start one with `manage.py pool_guards`."


def beat(name: str) -> None:
    """Says that a guard is there, in this fleet; those that have been silent for long are forgotten."""
    if not PoolGuard.objects.filter(name=name).update(seen_at=Now()):
        PoolGuard.objects.create(name=name, seen_at=Now())
        PoolGuard.objects.filter(seen_at__lt=Now() - FORGOTTEN).delete()


def leave(name: str) -> None:
    PoolGuard.objects.filter(name=name).delete()


def present() -> tuple[str, ...]:
    """The guards that were there a moment ago, by the control database's clock."""
    recent = Now() - timedelta(seconds=SEEN_SECONDS)
    return tuple(PoolGuard.objects.filter(seen_at__gte=recent).order_by("name").values_list("name", flat=True))


def last_seen() -> datetime | None:
    return PoolGuard.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()


def absence(now: datetime) -> str:
    """Why a pool cannot be paused now; empty when a guard is there."""
    if present():
        return ""
    seen = last_seen()
    if seen is None:
        return f"No guard of pool pauses runs: none was ever seen. {START_ONE}"
    return f"No guard of pool pauses runs: the last was seen {duration((now - seen).total_seconds())} ago. {START_ONE}"


def guard_check(absent: str) -> Check:
    """For plans that pause a pool: `absent` is what `absence` said when the facts were gathered."""
    if absent:
        return Check(name="Pool guard", outcome=CheckOutcome.FAILED, reason=absent)
    reason = "A guard runs: it resumes the pool at the latest at the end of the pause, whatever happens to the worker."
    return Check(name="Pool guard", outcome=CheckOutcome.PASSED, reason=reason)
