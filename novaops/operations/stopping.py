"""Cancelling, pausing and going on: a person's will, which a running operation follows at its next safe point."""

from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.operations.choices import UNSTARTED, Status
from novaops.operations.decisions import decide, end_unstarted
from novaops.operations.models import Operation
from novaops.operations.people import fleet_slug
from novaops.operations.recording import note
from novaops.operations.safe_points import cancel_refusal, pause_refusal
from novaops.operations.waking import wake


def cancel(operation: Operation, person: Person) -> Operation:
    """Ends an operation that has not begun; asks one that has to stop at its next safe point and to take back what it
    can. Raises Refused."""
    return decide(operation, person, partial(_cancel, person=person))


def pause(operation: Operation, person: Person) -> Operation:
    """Asks a running operation to rest at its next safe point; it keeps its locks. Raises Refused."""
    return decide(operation, person, partial(_pause, person=person))


def resume(operation: Operation, person: Person) -> Operation:
    """Lets a paused operation go on, or takes a pause back that was not reached yet. Raises Refused."""
    return decide(operation, person, partial(_resume, person=person))


def _cancel(operation: Operation, person: Person) -> str:
    reason = cancel_refusal(operation)
    if reason:
        return reason
    asked = {"cancel_requested": True, "cancelled_by_name": person.get_username()}
    if operation.state in UNSTARTED and operation.started_at is None:
        outcome = f"{person.get_username()} cancelled it before it began; nothing was changed."
        end_unstarted(operation, Status.CANCELLED, outcome, "operation cancelled", Actor.person(person), **asked)
        return ""
    changed = Operation.objects.filter(pk=operation.pk)
    if operation.state is Status.PAUSED:
        # A worker takes back what was done.
        changed.update(status=Status.QUEUED, queued_at=Now(), pause_requested=False, **asked)
    else:
        changed.update(pause_requested=False, **asked)
    note("cancellation requested", operation, actor=Actor.person(person))
    transaction.on_commit(partial(wake, fleet_slug(), operation.pk))
    return ""


def _pause(operation: Operation, person: Person) -> str:
    reason = pause_refusal(operation)
    if not reason:
        asked = {"pause_requested": True, "paused_by_name": person.get_username()}
        Operation.objects.filter(pk=operation.pk).update(**asked)
        note("pause requested", operation, actor=Actor.person(person))
    return reason


def _resume(operation: Operation, person: Person) -> str:
    changed = Operation.objects.filter(pk=operation.pk)
    if operation.state is Status.PAUSED:
        changed.update(status=Status.QUEUED, queued_at=Now(), pause_requested=False)
        transaction.on_commit(partial(wake, fleet_slug(), operation.pk))
    elif operation.state is Status.RUNNING and operation.pause_requested:
        changed.update(pause_requested=False)
    else:
        return f"Operation {operation.pk} is not paused, so there is nothing to resume."
    note("resumption requested", operation, actor=Actor.person(person))
    return ""
