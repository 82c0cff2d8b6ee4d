"""Operations that come back by the clock: making and ending one. Beat's tables only say when somebody is to look."""

import json
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from novaops.audit.services import Actor, record
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.asked_for import asked_for, in_one_line
from novaops.operations.choices import Status
from novaops.operations.crontabs import FIELDS, next_after
from novaops.operations.models import Operation, Recurrence
from novaops.operations.people import fleet_slug
from novaops.operations.planning import kind_named
from novaops.operations.problems import Invalid
from novaops.operations.refusing import demand_any, demand_right, refuse
from novaops.operations.zones import zone

TASK = "novaops.operations.tasks.recur"
REPEATABLE = (Status.PLANNED, Status.DONE)


def make_recurrence(operation: Operation, person: Person, crontab: str, time_zone: str, typed: str = "") -> Recurrence:
    """The same request again and again, for this person. `typed` is what the plan asks for: it confirms every plan that
    asks for the same. Raises Invalid, or NotAllowed and Refused, both recorded."""
    demand_right(kind_named(operation.kind), person, operation.subject)
    zone(time_zone)
    if next_after(" ".join(crontab.split()), time_zone, timezone.now()) is None:
        raise Invalid(f"{crontab!r} never comes.", {"crontab": "It never comes."})
    reason = _refusal(operation, typed)
    if reason:
        refuse(operation.subject, Actor.person(person), reason)
    with transaction.atomic():
        made = Recurrence.objects.create(
            **{name: getattr(operation, name) for name in ("kind", "parameters", "reason", "ticket")},
            title=_title(operation),
            crontab=" ".join(crontab.split()),
            time_zone=time_zone,
            confirm_phrase=operation.plan.confirm,
            requested_by=person,
            requested_by_name=person.get_username(),
        )
        _tell_beat(made)
        note_schedule("schedule made", made, person, {}, made.facts)
    return made


def end_recurrence(recurrence: Recurrence, person: Person) -> Recurrence:
    """For good. What it made already goes on. Raises NotAllowed or Refused, both recorded."""
    demand_schedule(recurrence, person, "Ending a schedule")
    before = recurrence.facts
    with transaction.atomic():
        going = Recurrence.objects.filter(pk=recurrence.pk, enabled=True)
        changed = going.update(enabled=False, ended_at=Now(), ended_by_name=person.get_username())
        recurrence.refresh_from_db()
        if changed:
            _silence_beat(recurrence)
            note_schedule("schedule ended", recurrence, person, before, recurrence.facts)
    if not changed:
        refuse(recurrence.subject, Actor.person(person), f"{recurrence.ended_by_name} ended it already.")
    return recurrence


def demand_schedule(recurrence: Recurrence, person: Person, what: str) -> None:
    """Who may request what it does, and who manages the fleet. Raises NotAllowed, recorded."""
    right = kind_named(recurrence.kind).right
    demand_any((right, Right.MANAGE_FLEET), person, recurrence.subject, what)


def _refusal(operation: Operation, typed: str) -> str:
    if operation.state not in REPEATABLE or not operation.plan.steps:
        return f"Operation {operation.pk} is {operation.state.label.lower()}: repeat one that is planned or done."
    phrase = operation.plan.confirm
    if typed.split() != phrase.split():
        return f"Type exactly “{phrase}” to repeat it; “{typed.strip()[:100]}” was typed."
    return ""


def _title(operation: Operation) -> str:
    """What it does every time; the operation's own title holds the numbers of one plan."""
    kind = kind_named(operation.kind)
    given, title = in_one_line(asked_for(kind.parameters, operation.parameters)), kind.title
    return f"{title} ({given})"[:200] if given else title


def _tell_beat(recurrence: Recurrence) -> None:
    fields = dict(zip(FIELDS, recurrence.crontab.split(), strict=True))
    when = CrontabSchedule.objects.filter(**fields, timezone=recurrence.time_zone).first()
    PeriodicTask.objects.create(
        name=_name(recurrence),
        task=TASK,
        crontab=when or CrontabSchedule.objects.create(**fields, timezone=recurrence.time_zone),
        args=json.dumps([fleet_slug(), recurrence.pk]),
        description=recurrence.title,
    )


def _silence_beat(recurrence: Recurrence) -> None:
    PeriodicTask.objects.filter(name=_name(recurrence)).delete()
    CrontabSchedule.objects.filter(periodictask=None).delete()


def _name(recurrence: Recurrence) -> str:
    return f"{fleet_slug()}: {recurrence.subject}"


def note_schedule(
    verb: str, recurrence: Recurrence, person: Person, before: dict[str, Any], after: dict[str, Any]
) -> None:
    data = {**recurrence.facts, "before": before, "after": after}
    record(verb, recurrence.subject, actor=Actor.person(person), outcome=recurrence.title, data=data)
