"""Confirming a plan: now or at a time, by the fleet's policy, or in an emergency without the others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.approvals import counting
from novaops.operations.approving import wait_for_approvals
from novaops.operations.choices import Status
from novaops.operations.decisions import decide
from novaops.operations.freezes import frozen_at
from novaops.operations.locking import held_by, holders
from novaops.operations.models import Operation, OperationStep
from novaops.operations.policies import rule_of
from novaops.operations.problems import Invalid
from novaops.operations.recording import note
from novaops.operations.refusing import demand, refuse
from novaops.operations.releasing import release
from novaops.operations.zones import zone

FURTHEST = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Order:
    """How a plan is confirmed: what was typed, when it is to start, and whether the others are asked."""

    typed: str = ""
    due_at: datetime | None = None
    time_zone: str = "UTC"
    break_glass: bool = False


def confirm(
    operation: Operation,
    person: Person,
    typed: str = "",
    *,
    due_at: datetime | None = None,
    time_zone: str = "UTC",
    break_glass: bool = False,
) -> Operation:
    """From planned on to waiting (for the approvals that the policy asks for), scheduled (until `due_at`), or queued.
    `typed` is what the plan asks for; `time_zone` is the one that people read the time in. Break-glass runs at once,
    without approvals and despite freezes, and needs a right of its own. Raises Invalid, or Refused, recorded."""
    order = Order(typed, due_at, time_zone, break_glass)
    _require_sense(order)
    if break_glass:
        demand(Right.BREAK_GLASS, person, operation.subject, "Break-glass")
        _demand_a_person(operation, person)
    return decide(operation, person, partial(carry_confirmation, person=person, order=order))


def carry_confirmation(operation: Operation, person: Person, order: Order, actor: Actor | None = None) -> str:
    """With the row locked; the reason why not, or empty."""
    reason = next((found for ask in QUESTIONS if (found := ask(operation, order))), "")
    if reason:
        return reason
    operation.due_at, operation.approvals_needed = order.due_at, _needed(operation, order)
    Operation.objects.filter(pk=operation.pk).update(
        confirmed_at=Now(),
        confirmed_by=person,
        confirmed_by_name=person.get_username(),
        due_at=order.due_at,
        time_zone=order.time_zone,
        break_glass=order.break_glass,
        approvals_needed=operation.approvals_needed,
    )
    operation.break_glass = order.break_glass
    _add_steps(operation)
    note("operation confirmed", operation, actor=actor or Actor.person(person), data=_facts(operation, order))
    if operation.approvals_needed:
        wait_for_approvals(operation)
    else:
        release(operation)
    return ""


def _demand_a_person(operation: Operation, person: Person) -> None:
    if person.is_machine:
        reason = f"{person.get_username()} is a machine: people alone break the glass."
        refuse(operation.subject, Actor.person(person), reason)


def _require_sense(order: Order) -> None:
    """Raises Invalid for a time that cannot be."""
    zone(order.time_zone)
    if order.due_at is None:
        return
    now, problem = timezone.now(), ""
    if timezone.is_naive(order.due_at):
        problem = "The time has to say its time zone."
    elif order.due_at <= now:
        problem = "The time has to lie in the future."
    elif order.due_at > now + FURTHEST:
        problem = f"The time has to lie within {FURTHEST.days} days."
    elif order.break_glass:
        problem = "Break-glass runs at once; it cannot wait for a time."
    if problem:
        raise Invalid(problem, {"due_at": problem})


def _not_planned(operation: Operation, order: Order) -> str:
    if operation.status != Status.PLANNED:
        return f"Operation {operation.pk} is {operation.state.label.lower()}; only a planned one can be confirmed."
    return "The plan expired: the fleet may have changed since. Request it again." if operation.expired else ""


def _wrong_phrase(operation: Operation, order: Order) -> str:
    phrase = operation.plan.confirm
    if phrase and order.typed.split() != phrase.split():
        return f"Type exactly “{phrase}” to confirm; “{order.typed.strip()[:100]}” was typed."
    return ""


def _no_ticket(operation: Operation, order: Order) -> str:
    if operation.ticket or not rule_of(operation.risk).ticket_required:
        return ""
    return f"The policy asks for a change ticket at risk {operation.risk}. Request it again, with one."


def _frozen(operation: Operation, order: Order) -> str:
    found = None if order.break_glass else frozen_at(operation.risk, order.due_at or timezone.now())
    return found.sentence if found else ""


def _conflict(operation: Operation, order: Order) -> str:
    """What starts later meets other locks; its start asks again."""
    if order.due_at:
        return ""
    return " ".join(held_by(holder) for holder in holders(operation.wanted_locks, but=operation.pk))


QUESTIONS: tuple[Callable[[Operation, Order], str], ...] = (_not_planned, _wrong_phrase, _no_ticket, _frozen, _conflict)


def _needed(operation: Operation, order: Order) -> int:
    """What was agreed to with the operation that it is a part of, needs nobody's word again: its plan named it."""
    needed = rule_of(operation.risk).approvals
    return 0 if order.break_glass or _agreed(operation.parent, needed) else needed


def _agreed(parent: Operation | None, needed: int) -> bool:
    """Whether so many have agreed to a whole of which it is a part, or a part of a part."""
    if parent is None:
        return False
    return parent.break_glass or parent.approvals_needed >= needed or _agreed(parent.parent, needed)


def _facts(operation: Operation, order: Order) -> dict[str, Any]:
    facts: dict[str, Any] = {"fingerprint": operation.fingerprint, "typed": operation.plan.confirm}
    if order.due_at:
        facts |= {"due_at": order.due_at.isoformat(), "time_zone": order.time_zone}
    if operation.parent:
        approved = [approval.person_name for approval in counting(operation.parent)]
        facts |= {"parent": operation.parent_id, "approved_with_parent": approved}
    return {**facts, "approvals_needed": operation.approvals_needed}


def _add_steps(operation: Operation) -> None:
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
