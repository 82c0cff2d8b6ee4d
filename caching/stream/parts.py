"""Who does which piece of work: leases in the control database, by its own clock. Inside a fleet's schema."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Now

from caching.stream.models import PartState, StreamPart

# Short: nothing but speed depends on it. A slot has one reader at most, and what is made old twice is as old.
LEASE = timedelta(seconds=6)


@dataclass(frozen=True, slots=True)
class Report:
    """How a piece of work goes, in its worker's words."""

    state: PartState = PartState.STARTING
    cause: str = ""
    numbers: dict[str, float] = field(default_factory=dict, hash=False)


def register(names: Iterable[str]) -> None:
    StreamPart.objects.bulk_create([StreamPart(name=name) for name in names], ignore_conflicts=True)


def claim(names: Iterable[str], holder: str) -> str | None:
    """One that nobody holds, taken; None when all are held. One at a time, so that several processes share evenly."""
    free = StreamPart.objects.filter(_free(), name__in=list(names)).order_by("name").values_list("name", flat=True)
    for name in free:
        mine = {"holder": holder, "lease_until": Now() + LEASE, "seen_at": Now()}
        if StreamPart.objects.filter(_free(), name=name).update(**mine):
            return name
    return None


def renew(name: str, holder: str, report: Report) -> bool:
    """Prolongs the lease and keeps what its worker reports; False when it is another's."""
    changed = Case(When(state=report.state, then=F("state_since")), default=Now())
    told = {"state": report.state, "cause": report.cause, "numbers": report.numbers, "seen_at": Now()}
    return bool(_held(name, holder).update(**told, state_since=changed, lease_until=Now() + LEASE))


def leave(name: str, holder: str) -> None:
    _held(name, holder).update(holder="", lease_until=None, state=PartState.IDLE, cause="", state_since=Now())


def _held(name: str, holder: str) -> QuerySet[StreamPart]:
    return StreamPart.objects.filter(name=name, holder=holder, lease_until__gt=Now())


def _free() -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=Now())
