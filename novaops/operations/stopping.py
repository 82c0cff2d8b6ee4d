"""Cancelling, pausing and going on: a person's will, which a running operation follows at its next safe point."""

from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.operations.choices import UNSTARTED, Status
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.people import fleet_slug
from novaops.operations.recording import note
from novaops.operations.refusing import demand_right_on, refuse
from novaops.operations.safe_points import cancel_refusal, pause_refusal
from novaops.operations.waking import wake


def cancel(operation: Operation, person: Person) -> Operation:
    """Ends an operation that has not begun; asks one that has to stop at its next safe point and to take back what it
    can. Raises Refused."""
    operation.refresh_from_db()
    demand_right_on(operation, person)
    reason = cancel_refusal(operation)
    if reason:
        refuse(operation.subject, person, reason)
    with transaction.atomic():
        changed = _end_unstarted(operation, person) or _ask_to_stop(operation, person)
        tell(operation)
    if not changed:
        refuse(operation.subject, person, "It ended meanwhile, so there is nothing to cancel.")
    operation.refresh_from_db()
    return operation


def pause(operation: Operation, person: Person) -> Operation:
    """Asks a running operation to rest at its next safe point; it keeps its locks. Raises Refused."""
    operation.refresh_from_db()
    demand_right_on(operation, person)
    reason = pause_refusal(operation)
    if reason:
        refuse(operation.subject, person, reason)
    with transaction.atomic():
        running = Operation.objects.filter(pk=operation.pk, status=Status.RUNNING, reverting="")
        changed = running.update(pause_requested=True, paused_by_name=person.get_username())
        if changed:
            note("pause requested", operation, actor=Actor.person(person))
            tell(operation)
    if not changed:
        refuse(operation.subject, person, "It ended meanwhile, so there is nothing to pause.")
    operation.refresh_from_db()
    return operation


def resume(operation: Operation, person: Person) -> Operation:
    """Lets a paused operation go on, or takes a pause back that was not reached yet. Raises Refused."""
    operation.refresh_from_db()
    demand_right_on(operation, person)
    with transaction.atomic():
        changed = _wake_paused(operation) or _take_pause_back(operation)
        if changed:
            note("resumption requested", operation, actor=Actor.person(person))
            tell(operation)
    if not changed:
        refuse(operation.subject, person, f"Operation {operation.pk} is not paused, so there is nothing to resume.")
    operation.refresh_from_db()
    return operation


def _end_unstarted(operation: Operation, person: Person) -> int:
    name = person.get_username()
    outcome = f"{name} cancelled it before it began; nothing was changed."
    unstarted = Operation.objects.filter(pk=operation.pk, status__in=UNSTARTED, started_at=None)
    changed = unstarted.update(
        status=Status.CANCELLED, outcome=outcome, ended_at=Now(), cancelled_by_name=name, cancel_requested=True
    )
    if changed:
        note("operation cancelled", operation, actor=Actor.person(person), outcome=outcome)
    return changed


def _ask_to_stop(operation: Operation, person: Person) -> int:
    """A paused one is handed to a worker, which takes back what was done."""
    begun = Operation.objects.filter(pk=operation.pk, started_at__isnull=False)
    asked = {"cancel_requested": True, "pause_requested": False, "cancelled_by_name": person.get_username()}
    changed = begun.filter(status__in=[Status.RUNNING, Status.QUEUED]).update(**asked)
    changed = changed or begun.filter(status=Status.PAUSED).update(status=Status.QUEUED, queued_at=Now(), **asked)
    if changed:
        note("cancellation requested", operation, actor=Actor.person(person))
        transaction.on_commit(partial(wake, fleet_slug(), operation.pk))
    return changed


def _wake_paused(operation: Operation) -> int:
    paused = Operation.objects.filter(pk=operation.pk, status=Status.PAUSED)
    changed = paused.update(status=Status.QUEUED, queued_at=Now(), pause_requested=False)
    if changed:
        transaction.on_commit(partial(wake, fleet_slug(), operation.pk))
    return changed


def _take_pause_back(operation: Operation) -> int:
    running = Operation.objects.filter(pk=operation.pk, status=Status.RUNNING, pause_requested=True)
    return running.update(pause_requested=False)
