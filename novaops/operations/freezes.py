"""Times in which operations of some risks are refused: making, lifting, and asking whether one is on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from novaops.audit.services import Actor, record
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.contract import Risk
from novaops.operations.freeze_times import WEEK, Span, next_span, span_at
from novaops.operations.models import Freeze
from novaops.operations.problems import Invalid, Refused
from novaops.operations.refusing import demand, refuse
from novaops.operations.zones import in_zone, zone


@dataclass(frozen=True, slots=True)
class Frozen:
    """A freeze, and the span of it that a moment lies in."""

    freeze: Freeze
    span: Span

    @property
    def sentence(self) -> str:
        until = in_zone(self.span.ends, self.freeze.time_zone)
        return f"The freeze “{self.freeze.name}” is on until {until}: {self.freeze.reason}"


def frozen_at(risk: Risk | str, moment: datetime) -> Frozen | None:
    """The freeze that refuses this risk at that moment, the one that lasts longest; None when there is none."""
    spans = [(freeze, span_of(freeze, moment)) for freeze in Freeze.objects.filter(lifted_at=None)]
    on = [Frozen(freeze, span) for freeze, span in spans if span and str(risk) in freeze.risks]
    return max(on, key=lambda found: found.span.ends, default=None)


def span_of(freeze: Freeze, moment: datetime) -> Span | None:
    return span_at(Span(freeze.starts_at, freeze.ends_at), freeze.weekly, zone(freeze.time_zone), moment)


def next_of(freeze: Freeze, moment: datetime) -> Span | None:
    """The span that is on or comes next; None for one that is over or was lifted."""
    if freeze.lifted_at:
        return None
    return next_span(Span(freeze.starts_at, freeze.ends_at), freeze.weekly, zone(freeze.time_zone), moment)


def make_freeze(
    person: Person,
    name: str,
    reason: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    risks: Collection[Risk | str],
    time_zone: str = "UTC",
    weekly: bool = False,
) -> Freeze:
    """Raises Invalid, or NotAllowed (recorded)."""
    demand(Right.MANAGE_FLEET, person, "setting:freeze", "Making a freeze")
    made = Freeze(
        name=name.strip()[:100],
        reason=reason.strip(),
        starts_at=starts_at,
        ends_at=ends_at,
        risks=[risk.value for risk in Risk if risk.value in set(map(str, risks))],
        time_zone=zone(time_zone).key,
        weekly=weekly,
        made_by_name=person.get_username(),
    )
    _require_sense(made)
    with transaction.atomic():
        made.save()
        _note(made, person, "freeze made", {}, facts(made))
    return made


def lift_freeze(freeze: Freeze, person: Person) -> Freeze:
    """Ends a freeze for good, at once. Raises NotAllowed or Refused, both recorded."""
    subject = f"setting:freeze-{freeze.pk}"
    demand(Right.MANAGE_FLEET, person, subject, "Lifting a freeze")
    before = facts(freeze)
    with transaction.atomic():
        standing = Freeze.objects.filter(pk=freeze.pk, lifted_at=None)
        changed = standing.update(lifted_at=Now(), lifted_by_name=person.get_username())
        freeze.refresh_from_db()
        if changed:
            _note(freeze, person, "freeze lifted", before, facts(freeze))
    if not changed:
        refuse(subject, Actor.person(person), f"{freeze.lifted_by_name} lifted it already.", Refused)
    return freeze


def facts(freeze: Freeze) -> dict[str, Any]:
    """How the change log shows it."""
    names = ("name", "reason", "risks", "time_zone", "weekly", "made_by_name", "lifted_by_name")
    times = {name: getattr(freeze, name) for name in ("starts_at", "ends_at", "lifted_at")}
    shown = {name: moment.isoformat() if moment else None for name, moment in times.items()}
    return {**{name: getattr(freeze, name) for name in names}, **shown}


def _require_sense(made: Freeze) -> None:
    wrong = {
        "name": "" if made.name else "Give it a name: refusals say it.",
        "reason": "" if made.reason else "Say why: refusals say it too.",
        "risks": "" if made.risks else "Name at least one risk that it refuses.",
        "ends_at": _end_problem(made),
    }
    found = {field: sentence for field, sentence in wrong.items() if sentence}
    if found:
        raise Invalid(" ".join(found.values()), found)


def _end_problem(made: Freeze) -> str:
    if made.ends_at <= made.starts_at:
        return "It has to end after it begins."
    if made.weekly:
        return "" if made.ends_at - made.starts_at < WEEK else "A weekly one has to be shorter than a week."
    return "" if made.ends_at > timezone.now() else "It would be over already."


def _note(freeze: Freeze, person: Person, what: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    data = {"before": before, "after": after}
    subject, outcome = f"setting:freeze-{freeze.pk}", f"{what.capitalize()}: {freeze.name}."
    record("setting changed", subject, actor=Actor.person(person), outcome=outcome, data=data)
