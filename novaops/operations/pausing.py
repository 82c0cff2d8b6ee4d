"""Pausing a schedule and letting it go on. Turns that it misses meanwhile are left out, not made up for."""

from django.db import transaction
from django.db.models.functions import Now

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.operations.models import Recurrence
from novaops.operations.recurring import demand_schedule, note_schedule
from novaops.operations.refusing import refuse


def pause_recurrence(recurrence: Recurrence, person: Person) -> Recurrence:
    """Until it is resumed. What it made already goes on. Raises NotAllowed or Refused, both recorded."""
    demand_schedule(recurrence, person, "Pausing a schedule")
    return _changed(recurrence, person, paused=True)


def resume_recurrence(recurrence: Recurrence, person: Person) -> Recurrence:
    """From its next turn on. Raises NotAllowed or Refused, both recorded."""
    demand_schedule(recurrence, person, "Resuming a schedule")
    return _changed(recurrence, person, paused=False)


def _changed(recurrence: Recurrence, person: Person, paused: bool) -> Recurrence:
    before = recurrence.facts
    said = (
        {"paused_at": Now(), "paused_by_name": person.get_username()}
        if paused
        else {"paused_at": None, "paused_by_name": "", "resumed_at": Now()}
    )
    with transaction.atomic():
        other_way = Recurrence.objects.filter(pk=recurrence.pk, enabled=True, paused_at__isnull=paused)
        changed = other_way.update(**said)
        recurrence.refresh_from_db()
        if changed:
            verb = "schedule paused" if paused else "schedule resumed"
            note_schedule(verb, recurrence, person, before, recurrence.facts)
    if not changed:
        refuse(recurrence.subject, Actor.person(person), _why_not(recurrence))
    return recurrence


def _why_not(recurrence: Recurrence) -> str:
    if not recurrence.enabled:
        return f"{recurrence.ended_by_name} ended it; make another."
    return f"{recurrence.paused_by_name} paused it already." if recurrence.paused_at else "It is not paused."
