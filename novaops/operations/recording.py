"""What the change log says of an operation: each record carries what timelines and filters find it by."""

from collections.abc import Mapping
from typing import Any

from novaops.audit.services import Actor, record
from novaops.operations.models import Operation, OperationStep
from novaops.operations.people import requester


def note(
    verb: str,
    operation: Operation,
    *,
    actor: Actor | None = None,
    outcome: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """One record about the operation, by the person (or schedule) that it is carried out for unless said otherwise."""
    found = {"kind": operation.kind, "risk": operation.risk, "targets": operation.targets, **(data or {})}
    if operation.ticket:
        found["ticket"] = operation.ticket
    record(verb, operation.subject, actor=actor or requester(operation), outcome=outcome or operation.title, data=found)


def note_step(verb: str, operation: Operation, step: OperationStep, *, outcome: str = "", **data: Any) -> None:
    """One record about a step of the operation."""
    found = {**step.facts, "targets": operation.targets, **data}
    record(verb, f"{operation.subject}/{step.key}", actor=requester(operation), outcome=outcome, data=found)
