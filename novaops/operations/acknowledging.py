"""After a break-glass: somebody else looks at what was done, and says so."""

from functools import partial

from django.db.models.functions import Now

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.approvals import part_in
from novaops.operations.choices import ENDED
from novaops.operations.decisions import decide
from novaops.operations.models import Operation
from novaops.operations.problems import Invalid
from novaops.operations.recording import note

RIGHTS = (Right.APPROVE, Right.MANAGE_FLEET)


def acknowledge(operation: Operation, person: Person, comment: str) -> Operation:
    """Raises Invalid without a comment, NotAllowed, or Refused."""
    if not comment.strip():
        raise Invalid("Say what you found: the comment stands in the change log.", {"comment": "Say what you found."})
    return decide(operation, person, partial(_acknowledge, person=person, comment=comment.strip()), RIGHTS)


def unacknowledged() -> list[Operation]:
    """Break-glass operations of this fleet that are over, and that nobody else has looked at, the oldest first."""
    waiting = Operation.objects.filter(break_glass=True, acknowledged_at=None, status__in=ENDED)
    return list(waiting.defer("plan_json").order_by("id"))


def acknowledgement_refusal(operation: Operation, person: Person) -> str:
    """Why this person cannot acknowledge it now; empty when they can."""
    if not operation.break_glass:
        return f"Operation {operation.pk} was no break-glass: there is nothing to acknowledge."
    if operation.acknowledged_at:
        return f"{operation.acknowledged_by_name} acknowledged it already."
    if not operation.state.terminal:
        return "It is not over yet: acknowledge it afterwards."
    if person.is_machine:
        return f"{person.get_username()} is a machine: people alone acknowledge."
    return part_in(operation, person)


def _acknowledge(operation: Operation, person: Person, comment: str) -> str:
    reason = acknowledgement_refusal(operation, person)
    if not reason:
        said = {"acknowledged_by_name": person.get_username(), "acknowledgement": comment, "acknowledged_at": Now()}
        Operation.objects.filter(pk=operation.pk).update(**said)
        note("operation acknowledged", operation, actor=Actor.person(person), outcome=comment)
    return reason
