"""What keeps a queued operation from beginning: asked once, by the worker that takes it, before its first step."""

from django.utils import timezone

from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.approvals import missing
from novaops.operations.choices import Status
from novaops.operations.contract import Plan
from novaops.operations.differences import differences
from novaops.operations.endings import Ending
from novaops.operations.freezes import frozen_at
from novaops.operations.models import Operation
from novaops.operations.people import rights_here
from novaops.operations.planning import kind_named, parameters_of
from novaops.operations.releasing import lateness


def obstacle(operation: Operation) -> Ending | None:
    """Rights that were lost, approvals that do not count any more, a time that was missed, a freeze, or facts that
    changed since the plan was shown."""
    for ask in (_right_lost, _approvals_lost, lateness, _frozen):
        reason = ask(operation)
        if reason:
            return Ending(Status.REFUSED, reason)
    changed = differences(operation.plan, plan_again(operation))
    if not changed:
        return None
    said = [difference.sentence for difference in changed]
    outcome = f"The fleet changed since it was planned. {'; '.join(said)}."
    return Ending(Status.STALE, outcome, {"changed": said}, tuple(changed))


def plan_again(operation: Operation) -> Plan:
    """The same request planned now: asks the live fleet."""
    kind = kind_named(operation.kind)
    parameters = parameters_of(kind, operation.parameters)
    return kind.plan(parameters, kind.gather(parameters), timezone.now())


def _right_lost(operation: Operation) -> str:
    """Of the requester; and of who confirmed it in an emergency."""
    right = kind_named(operation.kind).right
    if not _holds(operation.requested_by, right):
        return _lost(operation.requested_by_name, right, "request")
    if operation.break_glass and not _holds(operation.confirmed_by, Right.BREAK_GLASS):
        return _lost(operation.confirmed_by_name, Right.BREAK_GLASS, "confirm")
    return ""


def _approvals_lost(operation: Operation) -> str:
    lacks = missing(operation)
    if not lacks:
        return ""
    needs = operation.approvals_needed
    return (
        f"It needs {needs} approval{'s' if needs > 1 else ''}, and {needs - lacks} still counts: who approved it has "
        f"withdrawn that, or no longer holds the right “{Right.APPROVE.label}”. Request it again."
    )


def _frozen(operation: Operation) -> str:
    found = None if operation.break_glass else frozen_at(operation.risk, timezone.now())
    return found.sentence if found else ""


def _holds(person: Person | None, right: Right) -> bool:
    return person is not None and person.is_active and right in rights_here(person)


def _lost(name: str, right: Right, act: str) -> str:
    return f"{name} no longer holds the right “{right.label}”: somebody who holds it has to {act} it."
