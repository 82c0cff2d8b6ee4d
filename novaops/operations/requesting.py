"""Asking for a change: planned against the live fleet and stored, with nothing changed yet."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.operations.choices import FRUITLESS, Status
from novaops.operations.contract import Kind
from novaops.operations.models import Operation, Recurrence
from novaops.operations.news import tell
from novaops.operations.patience import Askers
from novaops.operations.people import requester
from novaops.operations.planning import Proposal, kind_named, parameters_of, propose
from novaops.operations.policies import rule_of
from novaops.operations.problems import Invalid
from novaops.operations.recording import note
from novaops.operations.refusing import demand_right, refuse

PLAN_LIVES = timedelta(minutes=10)
# Longer than a preview's: in an emergency a plan that names the servers which do not answer is worth some waiting.
PATIENCE = 20.0
_askers = Askers("plan", 8)


def request(
    kind_name: str,
    parameters: Mapping[str, Any],
    requested_by: Person,
    reason: str,
    ticket: str = "",
    *,
    request_key: str | None = None,
    takes_back: Operation | None = None,
    recurrence: Recurrence | None = None,
    parent: Operation | None = None,
) -> Operation:
    """Plans an operation against the live fleet and stores it: planned, refused (a check failed, or something holds
    what it needs), or done when there is nothing to do. A second request with the same `request_key` returns the
    operation of the first one. Raises Invalid, or NotAllowed (recorded)."""
    kind = kind_named(kind_name)
    demand_right(kind, requested_by, f"kind:{kind.name}")
    earlier = _of_key(request_key)
    if earlier:
        return earlier
    _require_words(kind, reason, ticket)
    proposal = proposed(kind, parameters)
    why = {"reason": reason.strip(), "ticket": ticket.strip()[:100], "request_key": request_key}
    origin = {"takes_back": takes_back, "recurrence": recurrence, "parent": parent}
    try:
        with transaction.atomic():
            operation = _stored(proposal, requested_by, {**why, **origin})
            _record_request(operation, requested_by)
            tell(operation)
    except IntegrityError:
        winner = _of_key(request_key)
        if winner is None:
            raise
        return winner
    return operation


def take_back(operation: Operation, person: Person, reason: str, *, request_key: str | None = None) -> Operation:
    """Requests the inverse of an operation that is done, by the kind's own word: a new plan, linked to it. Raises
    Refused, recorded, when there is none, when it is not done, or when it was taken back already."""
    demand_right(kind_named(operation.kind), person, operation.subject)
    earlier = _of_key(request_key)
    if earlier:
        return earlier
    refusal = take_back_refusal(operation)
    if refusal:
        refuse(operation.subject, Actor.person(person), refusal)
    kind_name, parameters = _inverse(operation) or ("", {})
    ticket = operation.ticket
    try:
        return request(kind_name, parameters, person, reason, ticket, request_key=request_key, takes_back=operation)
    except IntegrityError:  # somebody else asked for the same at the same moment, and was first
        refusal = take_back_refusal(operation) or "Somebody else took it back at the same moment."
    refuse(operation.subject, Actor.person(person), refusal)


def take_back_refusal(operation: Operation) -> str:
    """Why it cannot be taken back; empty when it can be."""
    if operation.status != Status.DONE:
        label = operation.state.label.lower()
        return f"Operation {operation.pk} is {label}; only one that is done can be taken back."
    other = operation.taken_back_by.exclude(status__in=FRUITLESS).first()
    if other:
        return f"Operation {other.pk}, which is {other.state.label.lower()}, takes it back already."
    return "" if _inverse(operation) else "What it did has no inverse: request what is to be done instead."


def _inverse(operation: Operation) -> tuple[str, dict[str, Any]] | None:
    kind = kind_named(operation.kind)
    return kind.inverse(parameters_of(kind, operation.parameters), operation.plan) if operation.plan.steps else None


def proposed(kind: Kind[Any], given: Mapping[str, Any]) -> Proposal:
    """What would be stored if it were requested now. Raises Invalid."""
    parameters = parameters_of(kind, given)
    try:
        return _askers.within(PATIENCE, partial(propose, kind, parameters))
    except TimeoutError:
        cause = f"there is no plan after {PATIENCE:g} seconds, as servers take the question and do not answer it"
        raise Invalid(f"{kind.title} cannot be planned: {cause}. The overview names those that are sick.") from None


def _of_key(key: str | None) -> Operation | None:
    return Operation.objects.filter(request_key=key).first() if key else None


def _require_words(kind: Kind[Any], reason: str, ticket: str) -> None:
    if not reason.strip():
        raise Invalid("Say why, in one sentence: the reason stands in the change log.", {"reason": "Say why."})
    if not ticket.strip() and rule_of(kind.risk).ticket_required:
        sentence = f"The policy asks for a change ticket at risk {kind.risk.label.lower()}."
        raise Invalid(sentence, {"ticket": sentence})


def _stored(proposal: Proposal, person: Person, fields: Mapping[str, Any]) -> Operation:
    plan, now = proposal.plan, timezone.now()
    status, outcome = _first_status(proposal)
    return Operation.objects.create(
        kind=proposal.kind.name,
        title=(plan.summary or proposal.kind.title)[:200],
        risk=proposal.kind.risk,
        parameters=proposal.parameters.model_dump(mode="json"),
        requested_by=person,
        requested_by_name=person.get_username(),
        status=status,
        outcome=outcome,
        plan_json=plan.model_dump(mode="json"),
        fingerprint=plan.fingerprint,
        locks=[lock.stored for lock in proposal.locks],
        planned_at=now,
        expires_at=now + PLAN_LIVES,
        ended_at=now if status.terminal else None,
        **fields,
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
        "locks": operation.locks,
        "fingerprint": operation.fingerprint,
        "plan": operation.plan_json,
    }
    if operation.takes_back_id:
        data["takes_back"] = operation.takes_back_id
    if operation.parent_id:
        data["parent"] = operation.parent_id
    who = replace(requester(operation), through=person.through)
    note("operation requested", operation, actor=who, data=data)
    if operation.state.terminal:
        note(f"operation {operation.status}", operation, actor=who, outcome=operation.outcome)
