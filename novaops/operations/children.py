"""Operations that another one requests as parts of its work, for the person who requested it. Each is known by a key of
its parent, so that a worker which goes on for a killed one finds it, and requests none twice."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from novaops.operations.choices import Status
from novaops.operations.confirming import Order, carry_confirmation
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.people import requester
from novaops.operations.planning import kind_named
from novaops.operations.problems import Invalid, Refused
from novaops.operations.recording import note
from novaops.operations.requesting import proposed, request


def key_of(parent: Operation, name: str) -> str:
    return f"operation:{parent.pk}:{name}"


def children_of(parent: Operation) -> dict[str, Operation]:
    """Those that were requested already, by their names."""
    found = parent.children.exclude(request_key=None).defer("plan_json")
    return {str(child.request_key).removeprefix(key_of(parent, "")): child for child in found}


def is_over(child: Operation) -> bool:
    return child.state.terminal or child.expired


def left_alone(child: Operation, seconds: float) -> bool:
    """Nobody has it for so long, though it may run: all workers may be busy with what waits for others, or the one that
    had it was killed. Who waits for it carries it out then."""
    since = {Status.QUEUED: child.queued_at, Status.RUNNING: child.lease_until}.get(child.state)
    return since is not None and since < timezone.now() - timedelta(seconds=seconds)


def refusal_of(kind: str, parameters: Mapping[str, Any]) -> str:
    """Why it would be refused if it were requested now, in sentences; empty when it would be planned. Nothing is
    stored: who asks may wait for what passes, such as a server that is away; what is refused is over."""
    try:
        plan = proposed(kind_named(kind), parameters).plan
    except Invalid as problem:
        return str(problem)
    return " ".join(check.reason for check in plan.refusals)


def begin_child(parent: Operation, name: str, kind: str, parameters: Mapping[str, Any], reason: str) -> str:
    """Requests it and confirms its plan, whatever that asks to be typed: its parent's plan named it, and was agreed to.
    Says why it was not begun, in a sentence; empty when it was. Doing it again changes nothing."""
    person = parent.requested_by
    if person is None:
        return f"{parent.requested_by_name} is not here any more."
    key = key_of(parent, name)
    try:
        child = request(kind, parameters, person, reason, parent.ticket, request_key=key, parent=parent)
    except (Invalid, Refused) as problem:
        return str(problem)
    with transaction.atomic():
        current = Operation.objects.select_for_update(of=("self",), no_key=True).get(pk=child.pk)
        if current.status != Status.PLANNED:
            return "" if current.status != Status.REFUSED else current.outcome
        actor = requester(current)
        refusal = carry_confirmation(current, person, Order(current.plan.confirm), actor)
        if refusal:
            note("operation left planned", current, actor=actor, outcome=refusal)
        tell(current)
    return refusal
