"""What people turn while a move runs: how fast it copies, and in which hours of the day."""

from dataclasses import asdict, dataclass
from datetime import time
from typing import Any

from django.db import transaction

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.news import tell
from novaops.operations.problems import Invalid, Refused
from novaops.operations.recording import note
from novaops.operations.refusing import demand, refuse
from novaops.operations.zones import zone
from novaops.ui.formats import human_number
from shards.moves.models import OVER, Move, Phase

MOST_MB = 100_000.0


@dataclass(frozen=True, slots=True)
class Pace:
    """At most so many MB a second, between these hours of the day; None: without a limit, always."""

    limit_mb: float | None = None
    hours_from: time | None = None
    hours_until: time | None = None
    time_zone: str = "UTC"

    @property
    def sentence(self) -> str:
        fast = f"at most {human_number(self.limit_mb)} MB a second" if self.limit_mb else "as fast as it goes"
        if self.hours_from is None or self.hours_until is None:
            return f"It copies {fast}, at any hour."
        return f"It copies {fast}, from {self.hours_from:%H:%M} to {self.hours_until:%H:%M} {self.time_zone}."


def pace_of(move: Move) -> Pace:
    return Pace(move.limit_mb, move.hours_from, move.hours_until, move.time_zone)


def turn(move: Move, pace: Pace, person: Person) -> Move:
    """From now on; the copy asks all the time. Raises Invalid, or NotAllowed and Refused, recorded."""
    operation = move.operation
    demand(Right.CHANGE_PLACEMENT, person, operation.subject, "Turning a move")
    _require_sense(pace)
    with transaction.atomic():
        current = Move.objects.select_for_update(of=("self",), no_key=True).get(pk=move.pk)
        before = pace_of(current)
        going = current.phase not in OVER
        if going and before != pace:
            Move.objects.filter(pk=move.pk).update(**asdict(pace))
            data = {"before": _facts(before), "after": _facts(pace)}
            note("operation turned", operation, actor=Actor.person(person), outcome=pace.sentence, data=data)
            tell(operation)
    if not going:
        label = Phase(current.phase).label.lower()
        refuse(operation.subject, Actor.person(person), f"The move is {label}: nothing is copied any more.", Refused)
    move.refresh_from_db()
    return move


def _require_sense(pace: Pace) -> None:
    zone(pace.time_zone)
    if pace.limit_mb is not None and not 0 < pace.limit_mb <= MOST_MB:
        sentence = f"A limit is more than 0 and at most {human_number(MOST_MB)} MB a second; none if left empty."
        raise Invalid(sentence, {"limit_mb": sentence})
    if (pace.hours_from is None) != (pace.hours_until is None):
        sentence = "Say both from when and until when, or neither."
        raise Invalid(sentence, {"hours_until": sentence})
    if pace.hours_from is not None and pace.hours_from == pace.hours_until:
        sentence = "These hours begin and end at the same time: leave both empty for always."
        raise Invalid(sentence, {"hours_until": sentence})


def _facts(pace: Pace) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, time) else value for name, value in asdict(pace).items()}
