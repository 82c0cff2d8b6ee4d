"""One step: is it done already? If not, do it; try again when that may help; write down every beginning and end."""

import logging
from dataclasses import dataclass

from django.db import connection
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from novaops.audit.services import record
from novaops.operations.choices import StepStatus
from novaops.operations.contract import PermanentProblem, Step, TransientProblem
from novaops.operations.heartbeat import Heartbeat
from novaops.operations.leases import Lease, fenced
from novaops.operations.models import OperationStep
from novaops.operations.news import tell
from novaops.operations.people import requester
from novaops.operations.problems import LeaseLost, StepTimeout
from novaops.operations.progress import Reporter, write_line
from novaops.operations.timing import pause_before, time_limit

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """One worker's turn at one operation."""

    lease: Lease
    beat: Heartbeat


def carry_out(run: Run, step: OperationStep, how: Step) -> None:
    """Raises PermanentProblem when the step cannot be done, and whatever its code raises by mistake."""
    for attempt in range(1, how.attempts + 1):
        _begin(run, step)
        try:
            outcome = _attempt(run, step, how)
        except (TransientProblem, StepTimeout) as problem:
            _try_again_or_give_up(run, step, how, attempt, problem)
        else:
            _complete(run, step, outcome)
            return


def _attempt(run: Run, step: OperationStep, how: Step) -> str:
    reporter = Reporter(run.lease, run.beat, step, how)
    context = reporter.context()
    try:
        with time_limit(how.timeout_seconds):
            return "It was done already." if how.done(context) else how.run(context)
    except StepTimeout as problem:
        # The interruption may have come in the middle of a query: the next one begins on a fresh connection.
        connection.close()
        raise StepTimeout(f"“{step.title}” did not end within {how.timeout_seconds:g} s.") from problem


def _begin(run: Run, step: OperationStep) -> None:
    with fenced(run.lease) as operation:
        OperationStep.objects.filter(pk=step.pk).update(
            status=StepStatus.RUNNING, attempts=F("attempts") + 1, started_at=Coalesce("started_at", Now()), error=""
        )
        step.refresh_from_db()
        data = {**step.facts, "worker": run.lease.owner}
        record("step started", f"{operation.subject}/{step.key}", actor=requester(operation), data=data)
        tell(operation)


def _complete(run: Run, step: OperationStep, outcome: str) -> None:
    with fenced(run.lease) as operation:
        OperationStep.objects.filter(pk=step.pk).update(
            status=StepStatus.DONE, outcome=outcome, note="", error="", finished_at=Now()
        )
        step.refresh_from_db()
        subject = f"{operation.subject}/{step.key}"
        record("step done", subject, actor=requester(operation), outcome=outcome, data=step.facts)
        tell(operation)


def _try_again_or_give_up(run: Run, step: OperationStep, how: Step, attempt: int, problem: BaseException) -> None:
    if attempt == how.attempts:
        tries = f" Given up after {attempt} attempts." if attempt > 1 else ""
        raise PermanentProblem(f"{problem}{tries}") from problem
    pause = pause_before(attempt + 1)
    write_line(run.lease.operation_id, f"{problem} Trying again in {pause:g} s.", step.key)
    if run.beat.lost.wait(pause):
        raise LeaseLost
