"""Who may approve an operation, and which of the approvals that were given count."""

from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.choices import Decision, Status
from novaops.operations.models import Approval, Operation
from novaops.operations.people import rights_here


def counting(operation: Operation) -> list[Approval]:
    """Those for the plan as it is, by people who may still approve."""
    given = operation.approvals.select_related("person").filter(
        decision=Decision.APPROVED, fingerprint=operation.fingerprint
    )
    return [approval for approval in given if may_approve(approval.person)]


def missing(operation: Operation) -> int:
    """How many approvals it still needs."""
    return max(0, operation.approvals_needed - len(counting(operation)))


def may_approve(person: Person | None) -> bool:
    return person is not None and person.is_active and Right.APPROVE in rights_here(person)


def word_refusal(operation: Operation, person: Person) -> str:
    """Why this person can neither approve nor reject it now, whatever their rights; empty when they can."""
    if operation.status != Status.WAITING:
        label = operation.state.label.lower()
        return f"Operation {operation.pk} is {label}; only one that waits for approval can be approved or rejected."
    if operation.expired:
        return "It waited too long for its approvals, and expires."
    if person.pk == operation.requested_by_id:
        return f"{person.get_username()} requested it: somebody else has to look at it."
    if person.pk == operation.confirmed_by_id:
        return f"{person.get_username()} confirmed it: somebody else has to look at it."
    return ""


def approval_refusal(operation: Operation, person: Person) -> str:
    """Why this person cannot approve it now; empty when they can."""
    already = any(approval.person_id == person.pk for approval in counting(operation))
    return word_refusal(operation, person) or (f"{person.get_username()} approved it already." if already else "")


def withdrawal_refusal(operation: Operation, person: Person) -> str:
    """Why this person cannot take an approval back; empty when they can."""
    if not operation.approvals.filter(person=person, decision=Decision.APPROVED).exists():
        return f"{person.get_username()} has not approved it, so there is nothing to withdraw."
    waits = operation.status in (Status.WAITING, Status.SCHEDULED, Status.QUEUED)
    return "" if waits and operation.started_at is None else "It began already: cancel it instead."


def waiting_for(operation: Operation) -> str:
    """What it waits for, in words; empty when it waits for no approval."""
    if operation.status != Status.WAITING:
        return ""
    lacks = missing(operation)
    if operation.approvals_needed == 1:
        return "the approval of one other person"
    return f"{lacks} of {operation.approvals_needed} approvals"
