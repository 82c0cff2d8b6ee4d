"""How far an operation is, in words: on its page, and in the list for those that are under way."""

from collections.abc import Iterable, Sequence

from novaops.operations.choices import Status, StepStatus
from novaops.operations.models import Operation, OperationStep
from novaops.ui.formats import duration, percent

UNDER_WAY = (Status.RUNNING, Status.PAUSED)


def state_of(operation: Operation) -> str:
    """The status, or that a running one goes back or was asked to stop, or that a plan was left too long."""
    if operation.status != Status.RUNNING:
        return "expired" if operation.expired else str(operation.status)
    if operation.reverting:
        return "reverting"
    if operation.cancel_requested:
        return "cancelling"
    return "pausing" if operation.pause_requested else str(operation.status)


def how_far(steps: Sequence[OperationStep]) -> str:
    """At which step it is, and how far that one is where it can be counted; empty when no step is at work."""
    at_work = (step for step in steps if step.status in (StepStatus.RUNNING, StepStatus.UNDOING))
    current = next(at_work, None)
    if current is None:
        return ""
    said = [f"Step {current.index + 1} of {len(steps)}: {current.title}"]
    if current.total and current.done is not None:
        said.append(percent(current.done / current.total))
    if current.seconds_left is not None:
        said.append(f"{duration(current.seconds_left)} left")
    return ", ".join(said)


def how_far_each(operations: Iterable[Operation]) -> dict[int, str]:
    """Of those that are under way, by their number; one query, or none."""
    found: dict[int, list[OperationStep]] = {one.pk: [] for one in operations if one.status in UNDER_WAY}
    for step in OperationStep.objects.filter(operation__in=found).order_by("operation", "index") if found else ():
        found[step.operation_id].append(step)
    return {number: how_far(steps) for number, steps in found.items()}
