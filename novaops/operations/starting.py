"""What keeps a queued operation from beginning: asked once, by the worker that takes it, before its first step."""

from django.utils import timezone

from novaops.operations.choices import Status
from novaops.operations.contract import Plan
from novaops.operations.differences import differences
from novaops.operations.endings import Ending
from novaops.operations.models import Operation
from novaops.operations.people import rights_here
from novaops.operations.planning import kind_named, parameters_of


def obstacle(operation: Operation) -> Ending | None:
    """A requester who lost the right, or facts that changed since the plan was shown."""
    reason = _right_lost(operation)
    if reason:
        return Ending(Status.REFUSED, reason)
    changed = differences(operation.plan, plan_again(operation))
    if changed:
        return Ending(
            Status.STALE, f"The fleet changed since it was planned. {'; '.join(changed)}.", {"changed": changed}
        )
    return None


def plan_again(operation: Operation) -> Plan:
    """The same request planned now: asks the live fleet."""
    kind = kind_named(operation.kind)
    parameters = parameters_of(kind, operation.parameters)
    return kind.plan(parameters, kind.gather(parameters), timezone.now())


def _right_lost(operation: Operation) -> str:
    person, kind = operation.requested_by, kind_named(operation.kind)
    if person is not None and person.is_active and kind.right in rights_here(person):
        return ""
    return (
        f"{operation.requested_by_name} no longer holds the right “{kind.right.label}”: "
        "somebody who holds it has to request it."
    )
