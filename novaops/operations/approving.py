"""Approving, rejecting, and taking an approval back."""

from datetime import timedelta
from functools import partial

from django.db.models.functions import Now
from django.utils import timezone

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.approvals import approval_refusal, missing, withdrawal_refusal, word_refusal
from novaops.operations.choices import Decision, Status
from novaops.operations.decisions import decide, end_unstarted
from novaops.operations.freezes import frozen_at
from novaops.operations.models import Operation
from novaops.operations.problems import Invalid
from novaops.operations.recording import note
from novaops.operations.releasing import release

APPROVALS_LIVE = timedelta(hours=24)
RIGHTS = (Right.APPROVE,)


def approve(operation: Operation, person: Person, comment: str = "") -> Operation:
    """The last approval that it needs sends it on, to its time or to a worker. Raises NotAllowed or Refused."""
    return decide(operation, person, partial(_approve, person=person, comment=comment.strip()), RIGHTS)


def reject(operation: Operation, person: Person, comment: str) -> Operation:
    """Ends it; the comment says why. Raises Invalid without one, NotAllowed or Refused."""
    if not comment.strip():
        raise Invalid("Say why it is rejected: the requester reads it.", {"comment": "Say why."})
    return decide(operation, person, partial(_reject, person=person, comment=comment.strip()), RIGHTS)


def withdraw(operation: Operation, person: Person) -> Operation:
    """Takes back one's own approval, as long as no worker began; it then waits for another. Raises Refused."""
    return decide(operation, person, partial(_withdraw, person=person), (Right.VIEW,))


def wait_for_approvals(operation: Operation) -> None:
    """Inside the transaction that holds its row. It expires after a day, or at the time when it was to start."""
    latest = timezone.now() + APPROVALS_LIVE
    until = min(operation.due_at, latest) if operation.due_at else latest
    Operation.objects.filter(pk=operation.pk).update(status=Status.WAITING, expires_at=until)


def _approve(operation: Operation, person: Person, comment: str) -> str:
    last = missing(operation) <= 1
    reason = approval_refusal(operation, person) or (_frozen(operation) if last else "")
    if reason:
        return reason
    _say(operation, person, Decision.APPROVED, comment)
    left = missing(operation)
    data = {"comment": comment, "fingerprint": operation.fingerprint, "missing": left}
    note("operation approved", operation, actor=Actor.person(person), outcome=comment, data=data)
    if not left:
        release(operation)
    return ""


def _reject(operation: Operation, person: Person, comment: str) -> str:
    reason = word_refusal(operation, person)
    if reason:
        return reason
    _say(operation, person, Decision.REJECTED, comment)
    outcome = f"{person.get_username()} rejected it: {comment}"
    end_unstarted(operation, Status.REJECTED, outcome, "operation rejected", Actor.person(person))
    return ""


def _withdraw(operation: Operation, person: Person) -> str:
    reason = withdrawal_refusal(operation, person)
    if reason:
        return reason
    operation.approvals.filter(person=person).update(decision=Decision.WITHDRAWN, at=Now())
    left = missing(operation)
    note("approval withdrawn", operation, actor=Actor.person(person), data={"missing": left})
    if left and operation.status != Status.WAITING:
        wait_for_approvals(operation)
    return ""


def _say(operation: Operation, person: Person, decision: Decision, comment: str) -> None:
    word = {
        "person_name": person.get_username(),
        "decision": decision,
        "comment": comment,
        "fingerprint": operation.fingerprint,
        "at": Now(),
    }
    operation.approvals.update_or_create(person=person, defaults=word)


def _frozen(operation: Operation) -> str:
    """An approval would start it inside a freeze: then it goes on waiting."""
    found = frozen_at(operation.risk, max(timezone.now(), operation.due_at or timezone.now()))
    return found.sentence if found else ""
