"""The one way to change the fleet: request, confirm, cancel. Browser, API and command line all call these three."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from novaops.audit.services import Actor, record
from novaops.fleets.models import Person
from novaops.operations.choices import Status
from novaops.operations.contract import Kind
from novaops.operations.locking import held_by, holders
from novaops.operations.models import Operation, OperationStep
from novaops.operations.news import tell
from novaops.operations.people import fleet_slug, rights_here
from novaops.operations.planning import Proposal, kind_named, parameters_of, propose
from novaops.operations.problems import Invalid, NotAllowed, Refused
from novaops.operations.safe_points import cancel_refusal
from novaops.operations.waking import wake

PLAN_LIVES = timedelta(minutes=10)


def request(
    kind_name: str, parameters: Mapping[str, Any], requested_by: Person, reason: str, ticket: str = ""
) -> Operation:
    """Plans an operation against the live fleet and stores it: planned, refused (a check failed, or something holds
    what it needs), or done when there is nothing to do. Raises Invalid, or NotAllowed (recorded)."""
    kind = kind_named(kind_name)
    demand_right(kind, requested_by, f"kind:{kind.name}")
    if not reason.strip():
        raise Invalid("Say why, in one sentence: the reason stands in the change log.", {"reason": "Say why."})
    proposal = propose(kind, parameters_of(kind, parameters))
    with transaction.atomic():
        operation = _stored(proposal, requested_by, reason.strip(), ticket.strip())
        _record_request(operation, requested_by)
        tell(operation)
    return operation


def confirm(operation: Operation, person: Person, typed: str = "") -> Operation:
    """Queues a planned operation. `typed` is what the plan asks for. Raises Refused, recorded, with the reason."""
    operation.refresh_from_db()
    demand_right(kind_named(operation.kind), person, operation.subject)
    reason = _confirm_refusal(operation, typed)
    if reason:
        _refuse(operation.subject, person, reason)
    with transaction.atomic():
        planned = Operation.objects.filter(pk=operation.pk, status=Status.PLANNED, expires_at__gt=Now())
        changed = planned.update(status=Status.QUEUED, queued_at=Now(), confirmed_by_name=person.get_username())
        if changed:
            _queue(operation, person)
    if not changed:
        _refuse(operation.subject, person, "It was confirmed, cancelled or expired meanwhile. Look at it again.")
    operation.refresh_from_db()
    return operation


def cancel(operation: Operation, person: Person) -> Operation:
    """Ends a planned or queued operation; asks a running one to stop at its next safe point. Raises Refused."""
    operation.refresh_from_db()
    demand_right(kind_named(operation.kind), person, operation.subject)
    reason = cancel_refusal(operation)
    if reason:
        _refuse(operation.subject, person, reason)
    with transaction.atomic():
        changed = _end_unstarted(operation, person) or _ask_to_stop(operation, person)
        tell(operation)
    if not changed:
        _refuse(operation.subject, person, "It ended meanwhile, so there is nothing to cancel.")
    operation.refresh_from_db()
    return operation


def demand_right(kind: Kind[Any], person: Person, subject: str) -> None:
    """Raises NotAllowed, and records it, when the person lacks the right that the kind needs."""
    if kind.right not in rights_here(person):
        sentence = (
            f"{kind.title} needs the right “{kind.right.label}”, which {person.get_username()} does not hold here."
        )
        _refuse(subject, person, sentence, NotAllowed)


def _refuse(subject: str, person: Person, reason: str, problem: Callable[[str], Refused] = Refused) -> None:
    record("operation refused", subject, actor=Actor.person(person), outcome=reason)
    raise problem(reason)


def _stored(proposal: Proposal, person: Person, reason: str, ticket: str) -> Operation:
    plan, now = proposal.plan, timezone.now()
    status, outcome = _first_status(proposal)
    return Operation.objects.create(
        kind=proposal.kind.name,
        title=(plan.summary or proposal.kind.title)[:200],
        risk=proposal.kind.risk,
        parameters=proposal.parameters.model_dump(mode="json"),
        reason=reason,
        ticket=ticket[:100],
        requested_by=person,
        requested_by_name=person.get_username(),
        status=status,
        outcome=outcome,
        plan_json=plan.model_dump(mode="json"),
        fingerprint=plan.fingerprint,
        locks=[[lock.scope, lock.name] for lock in proposal.locks],
        planned_at=now,
        expires_at=now + PLAN_LIVES,
        ended_at=now if status.terminal else None,
    )


def _first_status(proposal: Proposal) -> tuple[Status, str]:
    if proposal.plan.refusals:
        return Status.REFUSED, " ".join(check.reason for check in proposal.plan.refusals)
    if not proposal.plan.steps:
        return Status.DONE, "Nothing to do."
    return Status.PLANNED, ""


def _record_request(operation: Operation, person: Person) -> None:
    data = {
        "kind": operation.kind,
        "parameters": operation.parameters,
        "reason": operation.reason,
        "ticket": operation.ticket,
        "locks": operation.locks,
        "fingerprint": operation.fingerprint,
        "plan": operation.plan_json,
    }
    who = Actor.person(person)
    record("operation requested", operation.subject, actor=who, outcome=operation.title, data=data)
    if operation.state.terminal:
        record(f"operation {operation.status}", operation.subject, actor=who, outcome=operation.outcome)


def _confirm_refusal(operation: Operation, typed: str) -> str:
    if operation.status != Status.PLANNED:
        return f"Operation {operation.pk} is {operation.state.label.lower()}; only a planned one can be confirmed."
    if operation.expired:
        return "The plan expired: the fleet may have changed since. Request it again."
    phrase = operation.plan.confirm
    if phrase and typed.split() != phrase.split():
        return f"Type exactly “{phrase}” to confirm; “{typed.strip()[:100]}” was typed."
    return " ".join(held_by(holder) for holder in holders(operation.wanted_locks, but=operation.pk))


def _queue(operation: Operation, person: Person) -> None:
    """Inside the transaction that queued it: its steps, the record, and a worker's wake-up on commit."""
    OperationStep.objects.bulk_create(
        OperationStep(
            operation=operation,
            index=index,
            key=step.key,
            title=step.title,
            consequence=step.consequence,
            arguments=step.arguments,
        )
        for index, step in enumerate(operation.plan.steps)
    )
    data = {"kind": operation.kind, "fingerprint": operation.fingerprint, "typed": operation.plan.confirm}
    record("operation confirmed", operation.subject, actor=Actor.person(person), outcome=operation.title, data=data)
    tell(operation)
    transaction.on_commit(partial(wake, fleet_slug(), operation.pk))


def _end_unstarted(operation: Operation, person: Person) -> int:
    name = person.get_username()
    outcome = f"{name} cancelled it before it began; nothing was changed."
    unstarted = Operation.objects.filter(pk=operation.pk, status__in=[Status.PLANNED, Status.QUEUED])
    changed = unstarted.update(
        status=Status.CANCELLED, outcome=outcome, ended_at=Now(), cancelled_by_name=name, cancel_requested=True
    )
    if changed:
        record("operation cancelled", operation.subject, actor=Actor.person(person), outcome=outcome)
    return changed


def _ask_to_stop(operation: Operation, person: Person) -> int:
    running = Operation.objects.filter(pk=operation.pk, status=Status.RUNNING)
    changed = running.update(cancel_requested=True, cancelled_by_name=person.get_username())
    if changed:
        record("cancellation requested", operation.subject, actor=Actor.person(person), outcome=operation.title)
    return changed
