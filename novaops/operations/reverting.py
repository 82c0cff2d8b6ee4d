"""Taking back what was done, when an operation ends early before its point of no return: last step first, and durably,
so that a killed worker's successor goes on taking back instead of starting over."""

from collections.abc import Mapping

from novaops.operations.choices import Status, StepStatus
from novaops.operations.contract import PermanentProblem, Step
from novaops.operations.endings import Ending, break_step
from novaops.operations.leases import fenced, held
from novaops.operations.models import Operation, OperationStep
from novaops.operations.news import tell
from novaops.operations.recording import note
from novaops.operations.safe_points import begun, past_no_return
from novaops.operations.stepping import Run, take_back

EARLY = (Status.FAILED, Status.ERRORED, Status.CANCELLED)


def to_take_back(operation: Operation, ways: Mapping[str, Step]) -> list[OperationStep]:
    """Steps that left something behind and know how to take it away, the last one first."""
    if past_no_return(operation):
        return []
    touched = begun(operation).exclude(status=StepStatus.UNDONE).order_by("-index")
    return [step for step in touched if step.key in ways and ways[step.key].undo]


def begin(run: Run, ending: Ending) -> None:
    """From here on the operation goes backwards, whichever worker has it."""
    with fenced(run.lease) as operation:
        break_step(operation, ending)
        held(run.lease).update(reverting=ending.status, outcome=ending.outcome)
        note("operation being taken back", operation, outcome=ending.outcome)
        tell(operation)


def carry_back(run: Run, ways: Mapping[str, Step]) -> Ending:
    """Takes back step after step; says how the operation ends after that."""
    operation = Operation.objects.get(pk=run.lease.operation_id)
    status, why = Status(operation.reverting), operation.outcome
    for step in to_take_back(operation, ways):
        try:
            take_back(run, step, ways[step.key])
        except PermanentProblem as problem:
            sentence = f"{why} “{step.title}” could not be taken back: {problem} Look at the sweeper's leftovers."
            return Ending(Status.FAILED, sentence, {"reverted": False})
    return Ending(status, f"{why} What had been done was taken back.", {"reverted": True})
