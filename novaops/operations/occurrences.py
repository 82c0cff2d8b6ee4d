"""One turn of a schedule: plan for the person who made it, and confirm if the plan asks for the same phrase.

A doubled message, or one that comes again after its worker died, makes one operation: its key names the moment."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from novaops.audit.services import Actor, record
from novaops.operations.choices import OPEN, Status
from novaops.operations.confirming import Order, carry_confirmation
from novaops.operations.crontabs import last_until
from novaops.operations.models import Operation, Recurrence
from novaops.operations.news import tell
from novaops.operations.people import rights_here, schedule_actor
from novaops.operations.planning import kind_named
from novaops.operations.problems import Invalid, Refused
from novaops.operations.recording import note
from novaops.operations.releasing import LATEST
from novaops.operations.requesting import request
from novaops.operations.zones import in_zone

# The clocks of two hosts may differ by this much.
CLOCKS_DIFFER = timedelta(seconds=20)


def take_turn(recurrence_id: int, now: datetime | None = None) -> None:
    """Does nothing when the schedule has ended or is paused, or when this turn was taken already."""
    moment = now or timezone.now()
    recurrence = going().filter(pk=recurrence_id).first()
    due = last_until(recurrence.crontab, recurrence.time_zone, moment + CLOCKS_DIFFER) if recurrence else None
    if recurrence is None or due is None or due < recurrence.begins or _taken(recurrence, due):
        return
    reason = _obstacle(recurrence, due, moment)
    if reason:
        _pass_over(recurrence, due, reason)
        return
    try:
        operation = _planned(recurrence, due)
    except (Invalid, Refused) as problem:
        _pass_over(recurrence, due, str(problem))
        return
    _confirm(recurrence, operation, due)


def open_turns(now: datetime) -> list[int]:
    """The schedules of this fleet that have a turn which nobody has taken: beat's message was lost, or its worker."""
    turns = [(one, last_until(one.crontab, one.time_zone, now)) for one in going()]
    return [one.pk for one, due in turns if due and due >= one.begins and not _taken(one, due)]


def going() -> QuerySet[Recurrence]:
    """Those that nobody ended or paused."""
    return Recurrence.objects.filter(enabled=True, paused_at=None)


def key_of(recurrence: Recurrence, due: datetime) -> str:
    return f"recurrence:{recurrence.pk}:{due:%Y-%m-%dT%H:%M}"


def _taken(recurrence: Recurrence, due: datetime) -> bool:
    return recurrence.last_at is not None and recurrence.last_at >= due


def _obstacle(recurrence: Recurrence, due: datetime, now: datetime) -> str:
    """Why nothing is planned this time; empty when something is."""
    if now > due + LATEST:
        return "Nothing could start it within an hour; at another time it would surprise."
    person, right = recurrence.requested_by, kind_named(recurrence.kind).right
    if not person.is_active or right not in rights_here(person):
        return f"{recurrence.requested_by_name} no longer holds the right “{right.label}”: end it, and make another."
    earlier = recurrence.occurrences.filter(status__in=OPEN).exclude(request_key=key_of(recurrence, due)).first()
    if earlier:
        return f"Operation {earlier.pk}, of an earlier turn, is still {earlier.state.label.lower()}."
    return ""


def _planned(recurrence: Recurrence, due: datetime) -> Operation:
    return request(
        recurrence.kind,
        recurrence.parameters,
        recurrence.requested_by,
        recurrence.reason,
        recurrence.ticket,
        request_key=key_of(recurrence, due),
        recurrence=recurrence,
    )


def _confirm(recurrence: Recurrence, operation: Operation, due: datetime) -> None:
    """With the phrase that was typed when the schedule was made, for a plan that asks for the same."""
    actor = _actor(recurrence)
    with transaction.atomic():
        current = Operation.objects.select_for_update(no_key=True).get(pk=operation.pk)
        reason = ""
        if current.status == Status.PLANNED and not going().filter(pk=recurrence.pk).exists():
            reason = "Its schedule was paused or ended meanwhile."
        elif current.status == Status.PLANNED:
            order = Order(recurrence.confirm_phrase, time_zone=recurrence.time_zone)
            reason = carry_confirmation(current, recurrence.requested_by, order, actor)
        if reason:
            note("operation left planned", current, actor=actor, outcome=reason)
        current.refresh_from_db()
        said = f"It stays planned. {reason}" if reason else f"{current.state.label}."
        _conclude(recurrence, due, f"Operation {current.pk}: {said}")
        tell(current)


def _pass_over(recurrence: Recurrence, due: datetime, reason: str) -> None:
    with transaction.atomic():
        if _conclude(recurrence, due, reason):
            outcome = f"The turn of {in_zone(due, recurrence.time_zone)} was left out. {reason}"
            record(
                "schedule skipped", recurrence.subject, actor=_actor(recurrence), outcome=outcome, data=recurrence.facts
            )


def _conclude(recurrence: Recurrence, due: datetime, outcome: str) -> bool:
    """False when another worker concluded this turn first."""
    open_turn = Q(last_at=None) | Q(last_at__lt=due)
    mine = Recurrence.objects.filter(open_turn, pk=recurrence.pk)
    return mine.update(last_at=due, last_outcome=outcome) == 1


def _actor(recurrence: Recurrence) -> Actor:
    return schedule_actor(recurrence.pk, recurrence.requested_by_name)
