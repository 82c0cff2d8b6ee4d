"""Where an operation may stop: before it began, or at a cancellable step, never past its point of no return."""

from django.db.models import QuerySet

from novaops.operations import registry
from novaops.operations.choices import Status, StepStatus
from novaops.operations.contract import Step
from novaops.operations.models import Operation, OperationStep


def begun(operation: Operation) -> QuerySet[OperationStep]:
    """The steps that a worker began, whatever became of them: one in which the operation was paused is pending again,
    and may have left something behind."""
    return operation.steps.filter(attempts__gt=0)


def past_no_return(operation: Operation) -> bool:
    """Whether the step that its plan calls the point of no return is done."""
    key = operation.plan.point_of_no_return
    return bool(key) and operation.steps.filter(key=key, status=StepStatus.DONE).exists()


def may_stop_before(operation: Operation, step: Step) -> bool:
    """A step that is not cancellable always follows those before it; before the first step one may always stop."""
    return not past_no_return(operation) and (step.cancellable or not begun(operation).exists())


def cancel_refusal(operation: Operation) -> str:
    """Why it cannot be cancelled now; empty when it can be."""
    if operation.state.terminal:
        return f"Operation {operation.pk} is {operation.state.label.lower()} already; there is nothing to cancel."
    if operation.cancel_requested:
        return f"{operation.cancelled_by_name} cancelled it already; it stops at its next safe point."
    if operation.reverting:
        return "It is being taken back already."
    if past_no_return(operation):
        return "It is past its point of no return, and will be carried through."
    return "" if _stops_somewhere(operation) else "None of the steps that are left may be interrupted."


def pause_refusal(operation: Operation) -> str:
    """Why it cannot be paused now; empty when it can be."""
    if operation.state is not Status.RUNNING:
        return f"Operation {operation.pk} is {operation.state.label.lower()}; only a running one can be paused."
    if operation.pause_requested:
        return f"{operation.paused_by_name} paused it already; it rests at its next safe point."
    if operation.reverting:
        return "It is being taken back, and that is carried through."
    return cancel_refusal(operation)


def _stops_somewhere(operation: Operation) -> bool:
    left = list(operation.steps.exclude(status=StepStatus.DONE))
    kinds = {kind.name: kind for kind in registry.kinds()}
    ways = kinds[operation.kind].steps() if operation.kind in kinds else {}
    return not begun(operation).exists() or any(ways[step.key].cancellable for step in left if step.key in ways)
