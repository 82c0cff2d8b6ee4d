"""The one way to change the fleet: request, confirm, pause, resume, cancel. All faces call these."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.operations.choices import Status
from novaops.operations.locking import held_by, holders
from novaops.operations.models import Operation, OperationStep
from novaops.operations.news import tell
from novaops.operations.people import fleet_slug
from novaops.operations.planning import Proposal, kind_named, parameters_of, propose
from novaops.operations.problems import Invalid
from novaops.operations.recording import note
from novaops.operations.refusing import demand_right, refuse
from novaops.operations.stopping import cancel, pause, resume
from novaops.operations.waking import wake

__all__ = ["cancel", "confirm", "demand_right", "pause", "request", "resume"]

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
        refuse(operation.subject, person, reason)
    with transaction.atomic():
        planned = Operation.objects.filter(pk=operation.pk, status=Status.PLANNED, expires_at__gt=Now())
        changed = planned.update(status=Status.QUEUED, queued_at=Now(), confirmed_by_name=person.get_username())
        if changed:
            _queue(operation, person)
    if not changed:
        refuse(operation.subject, person, "It was confirmed, cancelled or expired meanwhile. Look at it again.")
    operation.refresh_from_db()
    return operation


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
        "parameters": operation.parameters,
        "reason": operation.reason,
        "locks": operation.locks,
        "fingerprint": operation.fingerprint,
        "plan": operation.plan_json,
    }
    who = Actor.person(person)
    note("operation requested", operation, actor=who, data=data)
    if operation.state.terminal:
        note(f"operation {operation.status}", operation, actor=who, outcome=operation.outcome)


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
    data = {"fingerprint": operation.fingerprint, "typed": operation.plan.confirm}
    note("operation confirmed", operation, actor=Actor.person(person), data=data)
    tell(operation)
    transaction.on_commit(partial(wake, fleet_slug(), operation.pk))
