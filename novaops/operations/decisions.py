"""The frame of everything that a person decides about an operation: their right is asked for, the operation is read as
it stands while nobody else can change it, and either it changes or the refusal says why not and is recorded."""

from collections.abc import Callable, Collection

from django.db import transaction
from django.db.models.functions import Now

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.choices import Status, StepStatus
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.planning import kind_named
from novaops.operations.recording import note
from novaops.operations.refusing import demand_any, refuse

Change = Callable[[Operation], str]
"""Changes the operation, which it is given with its row locked, records that, and returns an empty text. Otherwise it
changes nothing and returns the reason why not."""


def decide(
    operation: Operation,
    person: Person,
    change: Change,
    rights: Collection[Right] = (),
    actor: Actor | None = None,
) -> Operation:
    """`rights`: one of them is needed; the kind's own if none is named. Raises NotAllowed or Refused, both recorded."""
    who = actor or Actor.person(person)
    kind = kind_named(operation.kind)
    demand_any(rights or (kind.right,), person, operation.subject, kind.title)
    with transaction.atomic():
        current = Operation.objects.select_for_update(no_key=True).get(pk=operation.pk)
        reason = change(current)
        if not reason:
            tell(current)
    if reason:
        refuse(operation.subject, who, reason)
    operation.refresh_from_db()
    return operation


def end_unstarted(
    operation: Operation, status: Status, outcome: str, verb: str, actor: Actor, **fields: object
) -> None:
    """Ends an operation, whose row is locked, before a worker took it."""
    Operation.objects.filter(pk=operation.pk).update(status=status, outcome=outcome, ended_at=Now(), **fields)
    operation.steps.filter(status=StepStatus.PENDING).update(status=StepStatus.SKIPPED)
    note(verb, operation, actor=actor, outcome=outcome)
