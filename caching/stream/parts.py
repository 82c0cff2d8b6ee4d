"""Who does which piece of work: leases in the control database, by its own clock. Inside a fleet's schema."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Case, F, When
from django.db.models.functions import Now

from caching.stream.models import PartState, StreamPart
from novaops.leased.leases import Leases

# Short: nothing but speed depends on it. A slot has one reader at most, and what is made old twice is as old.
LEASES = Leases(StreamPart.objects.all, "name", "holder", "lease_until", timedelta(seconds=6))


@dataclass(frozen=True, slots=True)
class Report:
    """How a piece of work goes, in its worker's words."""

    state: PartState = PartState.STARTING
    cause: str = ""
    numbers: dict[str, float] = field(default_factory=dict, hash=False)


def register(names: Iterable[str]) -> None:
    StreamPart.objects.bulk_create([StreamPart(name=name) for name in names], ignore_conflicts=True)


def claim(names: Collection[str], holder: str) -> str | None:
    """One that nobody holds, taken; None when all are held."""
    name: str | None = LEASES.claim(names, holder, seen_at=Now())
    return name


def renew(name: str, holder: str, report: Report) -> bool:
    """Prolongs the lease and keeps what its worker reports; False when it is another's."""
    changed = Case(When(state=report.state, then=F("state_since")), default=Now())
    told = {"state": report.state, "cause": report.cause, "numbers": report.numbers, "seen_at": Now()}
    return LEASES.renew(name, holder, **told, state_since=changed)


def leave(name: str, holder: str) -> None:
    LEASES.leave(name, holder, state=PartState.IDLE, cause="", state_since=Now())
