"""One step: is it done already? If not, do it; try again when that may help; write down every beginning and end."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from novaops.operations.choices import StepStatus
from novaops.operations.contract import Lock, PermanentProblem, Step, StepContext, TransientProblem
from novaops.operations.heartbeat import Heartbeat
from novaops.operations.leases import Lease, fenced
from novaops.operations.models import OperationStep
from novaops.operations.news import tell
from novaops.operations.problems import LeaseLost, StepTimeout
from novaops.operations.progress import Reporter, write_line
from novaops.operations.recording import note_step
from novaops.operations.timing import pause_before, time_limit

logger = logging.getLogger(__name__)
Work = Callable[[StepContext], str]


@dataclass(frozen=True)
class Run:
    """One worker's turn at one operation."""

    lease: Lease
    beat: Heartbeat
    locks: tuple[Lock, ...]


def carry_out(run: Run, step: OperationStep, how: Step) -> None:
    """Raises PermanentProblem when the step cannot be done, and whatever its code raises by mistake."""

    def work(context: StepContext) -> str:
        return "It was done already." if how.done(context) else how.run(context)

    _with_patience(run, step, how, work, StepStatus.RUNNING, StepStatus.DONE)


def take_back(run: Run, step: OperationStep, how: Step) -> None:
    """Undoes what the step did, or began. Raises as `carry_out` does."""
    if how.undo is not None:
        _with_patience(run, step, how, how.undo, StepStatus.UNDOING, StepStatus.UNDONE)


def _with_patience(run: Run, step: OperationStep, how: Step, work: Work, during: StepStatus, after: StepStatus) -> None:
    for attempt in range(1, how.attempts + 1):
        _begin(run, step, during)
        try:
            outcome = _attempt(run, step, how, work)
        except (TransientProblem, StepTimeout) as problem:
            _try_again_or_give_up(run, step, how, attempt, problem)
        else:
            _complete(run, step, outcome, after)
            return


def _attempt(run: Run, step: OperationStep, how: Step, work: Work) -> str:
    context = Reporter(run.lease, run.beat, step, how, run.locks).context()
    try:
        with time_limit(how.timeout_seconds):
            return work(context)
    except StepTimeout as problem:
        # The interruption may have come in the middle of a query: the next one begins on a fresh connection.
        connection.close()
        raise StepTimeout(f"“{step.title}” did not end within {how.timeout_seconds:g} s.") from problem


VERBS = {
    StepStatus.RUNNING: "step started",
    StepStatus.DONE: "step done",
    StepStatus.UNDOING: "step being taken back",
    StepStatus.UNDONE: "step taken back",
}


def _begin(run: Run, step: OperationStep, status: StepStatus) -> None:
    with fenced(run.lease) as operation:
        OperationStep.objects.filter(pk=step.pk).update(
            status=status, attempts=F("attempts") + 1, started_at=Coalesce("started_at", Now()), error="", rate=None
        )
        step.refresh_from_db()
        note_step(VERBS[status], operation, step, worker=run.lease.owner)
        tell(operation)


def _complete(run: Run, step: OperationStep, outcome: str, status: StepStatus) -> None:
    with fenced(run.lease) as operation:
        OperationStep.objects.filter(pk=step.pk).update(
            status=status, outcome=outcome, note="", error="", finished_at=Now()
        )
        step.refresh_from_db()
        note_step(VERBS[status], operation, step, outcome=outcome)
        tell(operation)


def _try_again_or_give_up(run: Run, step: OperationStep, how: Step, attempt: int, problem: BaseException) -> None:
    if attempt == how.attempts:
        tries = f" Given up after {attempt} attempts." if attempt > 1 else ""
        raise PermanentProblem(f"{problem}{tries}") from problem
    pause = pause_before(attempt + 1)
    write_line(run.lease, f"{problem} Trying again in {pause:g} s.", step.key)
    if run.beat.lost.wait(pause):
        raise LeaseLost
