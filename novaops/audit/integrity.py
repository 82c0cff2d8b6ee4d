"""How well the change log is protected, from what is stored: the page of checkpoints and the findings read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Value
from django.db.models.functions import Coalesce

from novaops.audit import delivering, verification
from novaops.audit.models import Checkpoint, Delivery, Record, Signing, Verification

# A place that was not tried for so long is no longer configured anywhere.
FORGOTTEN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Integrity:
    """`uncovered_since` is the time of the oldest record that no checkpoint covers."""

    signing: Signing | None
    uncovered_since: datetime | None
    refusing: tuple[Delivery, ...]
    verified: Verification | None

    def nobody_signs(self, now: datetime) -> bool:
        """Records wait for a checkpoint that somebody should have made long ago."""
        patience = timedelta(minutes=max(15.0, 3 * settings.CHECKPOINT_MINUTES))
        return self.uncovered_since is not None and now - self.uncovered_since > patience


@dataclass(frozen=True, slots=True)
class Place:
    """A place outside: what it has, and how it does. `missing` is how many checkpoints it does not have yet."""

    name: str
    state: str
    missing: int
    delivery: Delivery | None


def integrity(now: datetime) -> Integrity:
    """Four short queries."""
    covered = Checkpoint.objects.order_by().values(one=Value(1)).annotate(last=Max("sequence")).values("last")
    waiting = Record.objects.filter(sequence__gt=Coalesce(covered, 0)).order_by("sequence")
    return Integrity(
        signing=Signing.objects.filter(pk=1).first(),
        uncovered_since=waiting.values_list("at", flat=True).first(),
        refusing=tuple(Delivery.objects.exclude(problem="").filter(next_at__gte=now - FORGOTTEN)),
        verified=verification.last(),
    )


def places(last: Checkpoint | None) -> list[Place]:
    known = {one.sink: one for one in Delivery.objects.all()}
    return [_place(sink.name, known, last.number if last else 0) for sink in delivering.sinks()]


def _place(name: str, known: Mapping[str, Delivery], newest: int) -> Place:
    delivery = known.get(name)
    if delivery is None:
        return Place(name, "unknown", newest, None)
    state = "failing" if delivery.problem else "ok" if delivery.delivered else "unknown"
    return Place(name, state, newest - delivery.delivered, delivery)


def proven_to(several: Iterable[Place]) -> int:
    """The last record under a checkpoint that some place outside has."""
    number = max((place.delivery.delivered for place in several if place.delivery), default=0)
    found = Checkpoint.objects.filter(number=number).values_list("sequence", flat=True).first()
    return found or 0
