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
    found = {**_about(operation), **(data or {})}
    record(verb, operation.subject, actor=actor or requester(operation), outcome=outcome or operation.title, data=found)


def note_step(verb: str, operation: Operation, step: OperationStep, *, outcome: str = "", **data: Any) -> None:
    """One record about a step of the operation."""
    found = {**_about(operation), **step.facts, **data}
    record(verb, f"{operation.subject}/{step.key}", actor=requester(operation), outcome=outcome, data=found)


def _about(operation: Operation) -> dict[str, Any]:
    names = ("kind", "risk", "targets", "reason")
    found = {name: getattr(operation, name) for name in names}
    if operation.ticket:
        found["ticket"] = operation.ticket
    if operation.break_glass:
        found["break_glass"] = True
    return found
