"""Reading operations: for pages, and as JSON for the command line."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Now

from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations import registry
from novaops.operations.approvals import waiting_for
from novaops.operations.choices import ACTIVE, EXPIRING, Decision, Status
from novaops.operations.contract import Kind
from novaops.operations.how_far import UNDER_WAY, state_of
from novaops.operations.keyholders import machines_of
from novaops.operations.models import Approval, Operation, OperationLock, OperationStep
from novaops.operations.safe_points import cancel_refusal

LOG_LINES = 200
MEANWHILE = {"cancelling": "Cancelling", "pausing": "Pausing", "reverting": "Taking back"}


@dataclass(frozen=True, slots=True)
class Detail:
    """One operation with what its page shows."""

    operation: Operation
    steps: tuple[OperationStep, ...]
    lines: tuple[Any, ...]
    locks: tuple[OperationLock, ...]
    cancel_refusal: str

    @property
    def state(self) -> str:
        return state_of(self.operation)

    @property
    def label(self) -> str:
        return MEANWHILE.get(self.state) or Status(self.state).label

    @property
    def done(self) -> int:
        return sum(step.status == "done" for step in self.steps)


def waiting_for_me(person: Person, rights: Iterable[Right]) -> frozenset[int]:
    """The operations that this person may approve, and has not yet."""
    if person.is_machine or Right.APPROVE not in frozenset(rights):
        return frozenset()
    waiting = Operation.objects.filter(status=Status.WAITING, expires_at__gt=Now()).exclude(requested_by=person)
    approved = Approval.objects.filter(person=person, decision=Decision.APPROVED).values("operation")
    others, mine = waiting.exclude(confirmed_by=person).exclude(pk__in=approved), machines_of(person)
    others = others.exclude(requested_by__in=mine).exclude(confirmed_by__in=mine)
    return frozenset(others.values_list("pk", flat=True))


def running_first(status: str = "", kind: str = "", text: str = "", first: Iterable[int] = ()) -> QuerySet[Operation]:
    """What runs, those named first, what waits for a worker, then for a person, then the rest, newest first."""
    order = Case(
        When(status__in=UNDER_WAY, then=Value(0)),
        When(pk__in=list(first), then=Value(1)),
        When(status__in=ACTIVE, then=Value(2)),
        When(status__in=EXPIRING, then=Value(3)),
        default=Value(4),
        output_field=IntegerField(),
    )
    operations = Operation.objects.defer("plan_json").alias(urgency=order).order_by("urgency", "-id")
    if status:
        operations = operations.filter(status=status)
    if kind:
        operations = operations.filter(kind=kind)
    if text:
        said = Q(title__icontains=text) | Q(reason__icontains=text) | Q(ticket__icontains=text)
        operations = operations.filter(said | Q(requested_by_name__icontains=text) | Q(outcome__icontains=text))
    return operations


def detail(operation: Operation) -> Detail:
    return Detail(
        operation=operation,
        steps=tuple(operation.steps.all()),
        lines=tuple(operation.lines.order_by("-id")[:LOG_LINES])[::-1],
        locks=tuple(operation.held_locks.all()),
        cancel_refusal=cancel_refusal(operation),
    )


def requestable(rights: Iterable[Right]) -> tuple[Kind[Any], ...]:
    """The kinds that somebody with these rights may request."""
    held = frozenset(rights)
    return tuple(kind for kind in registry.kinds() if kind.right in held)


def as_json(operation: Operation) -> dict[str, Any]:
    """What `manage.py operation show --json` prints; names stay stable."""
    times = ("planned_at", "expires_at", "confirmed_at", "due_at", "queued_at", "started_at", "ended_at")
    return {
        "id": operation.pk,
        "kind": operation.kind,
        "title": operation.title,
        "status": operation.status,
        "outcome": operation.outcome,
        "parameters": operation.parameters,
        "reason": operation.reason,
        "ticket": operation.ticket,
        "requested_by": operation.requested_by_name,
        "confirmed_by": operation.confirmed_by_name,
        "cancelled_by": operation.cancelled_by_name,
        "approvals_needed": operation.approvals_needed,
        "approvals": [_approval_json(approval) for approval in operation.approvals.all()],
        "waiting_for": waiting_for(operation),
        "time_zone": operation.time_zone,
        "break_glass": operation.break_glass,
        "acknowledged_by": operation.acknowledged_by_name,
        "acknowledgement": operation.acknowledgement,
        "takes_back": operation.takes_back_id,
        "taken_back_by": list(operation.taken_back_by.order_by("id").values_list("id", flat=True)),
        "recurrence": operation.recurrence_id,
        "parent": operation.parent_id,
        "children": list(operation.children.order_by("id").values_list("id", flat=True)),
        "fingerprint": operation.fingerprint,
        "changed": operation.changed,
        "plan": operation.plan_json,
        "steps": [_step_json(step) for step in operation.steps.all()],
        **{name: moment.isoformat() if (moment := getattr(operation, name)) else None for name in times},
    }


def _approval_json(approval: Approval) -> dict[str, Any]:
    names = {"person": approval.person_name, "decision": approval.decision, "comment": approval.comment}
    return {**names, "fingerprint": approval.fingerprint, "at": approval.at.isoformat()}


def _step_json(step: OperationStep) -> dict[str, Any]:
    progress = ("done", "total", "rate", "seconds_left")
    names = ("index", "key", "title", "status", "attempts", *progress, "note", "outcome", "error")
    return {name: getattr(step, name) for name in names}
