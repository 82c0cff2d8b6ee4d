"""Who may approve an operation, and which of the approvals that were given count."""

from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.choices import Decision, Status
from novaops.operations.keyholders import machines_of
from novaops.operations.models import Approval, Operation
from novaops.operations.people import rights_here


def counting(operation: Operation) -> list[Approval]:
    """Those for the plan as it is, by people who may still approve, and who are not behind it themselves."""
    given = operation.approvals.select_related("person").filter(
        decision=Decision.APPROVED, fingerprint=operation.fingerprint
    )
    return [one for one in given if may_approve(one.person) and not part_in(operation, one.person)]


def missing(operation: Operation) -> int:
    """How many approvals it still needs."""
    return max(0, operation.approvals_needed - len(counting(operation)))


def may_approve(person: Person | None) -> bool:
    """A machine never, whatever its role: it judges nothing."""
    if person is None or not person.is_active or person.is_machine:
        return False
    return Right.APPROVE in rights_here(person)


def part_in(operation: Operation, person: Person) -> str:
    """What this person had to do with it, so that somebody else has to look at it; empty when nothing. Whoever made a
    key of a machine may have acted as that machine."""
    name, machines = person.get_username(), machines_of(person)
    roles = {
        "requested": (operation.requested_by_id, operation.requested_by_name),
        "confirmed": (operation.confirmed_by_id, operation.confirmed_by_name),
    }
    for act, (number, who) in roles.items():
        if person.pk == number:
            return f"{name} {act} it: somebody else has to look at it."
        if number in machines:
            return f"{name} made a token of the machine {who}, which {act} it: somebody else has to look at it."
    return ""


def word_refusal(operation: Operation, person: Person) -> str:
    """Why this person can neither approve nor reject it now, whatever their rights; empty when they can."""
    if operation.status != Status.WAITING:
        label = operation.state.label.lower()
        return f"Operation {operation.pk} is {label}; only one that waits for approval can be approved or rejected."
    if operation.expired:
        return "It waited too long for its approvals, and expires."
    if person.is_machine:
        return f"{person.get_username()} is a machine: people alone approve and reject."
    return part_in(operation, person)


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
