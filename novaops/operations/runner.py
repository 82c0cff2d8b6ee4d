"""Carries operations out, or on from where a killed worker left them. At most one worker acts for an operation."""

import logging
import traceback
from collections.abc import Callable, Mapping

from django.db import InterfaceError, OperationalError, transaction

from novaops.operations import registry, reverting
from novaops.operations.choices import ACTIVE, Status, StepStatus
from novaops.operations.contract import OperationProblem, Step
from novaops.operations.endings import Ending, finish, rest
from novaops.operations.heartbeat import beating
from novaops.operations.leases import Lease, acquire, worker_name
from novaops.operations.locking import held_by, take
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.problems import CancelRequested, LeaseLost, PauseRequested
from novaops.operations.progress import stop_if_asked, write_line
from novaops.operations.recording import note
from novaops.operations.safe_points import begun, may_stop_before
from novaops.operations.starting import obstacle
from novaops.operations.stepping import Run, carry_out

logger = logging.getLogger(__name__)
Work = Callable[[], Ending]


def execute(operation_id: int, owner: str = "") -> None:
    """Does nothing when another worker has the operation or it is over. Ends it, or leaves it to the next worker when
    it was paused, the lease was lost, or the control database went away."""
    lease = _claim(operation_id, owner or worker_name())
    if lease is None:
        return
    try:
        with beating(lease) as beat:
            locks = Operation.objects.get(pk=operation_id).wanted_locks
            _turn(Run(lease, beat, locks))
    except LeaseLost:
        logger.warning("Worker %s lost operation %s and stopped.", lease.owner, operation_id)


def _claim(operation_id: int, owner: str) -> Lease | None:
    """The lease with all its locks; an operation whose locks are held by another is refused, naming the holder."""
    with transaction.atomic():
        lease = acquire(operation_id, owner)
        if lease is None:
            return None
        operation = Operation.objects.get(pk=operation_id)
        conflicts = take(operation)
        if not conflicts:
            verb = "operation started" if lease.turn == 1 else "operation resumed"
            note(verb, operation, data={"worker": owner, "turn": lease.turn, "locks": operation.locks})
            tell(operation)
            return lease
        finish(lease, Ending(Status.REFUSED, " ".join(map(held_by, conflicts))))
    return None


def _turn(run: Run) -> None:
    """Forwards, unless an earlier turn began to go back; early ends go back as far as the steps know how."""
    ways = _ways(run)
    operation = Operation.objects.get(pk=run.lease.operation_id)
    if not operation.reverting:
        try:
            ending = _ending(run, lambda: _forwards(run, ways))
        except PauseRequested:
            rest(run.lease)
            return
        if ending.status not in reverting.EARLY or not reverting.to_take_back(operation, ways):
            finish(run.lease, ending)
            return
        reverting.begin(run, ending)
    finish(run.lease, _ending(run, lambda: reverting.carry_back(run, ways)))


def _ways(run: Run) -> Mapping[str, Step]:
    """How each step is carried out; nothing for a kind that this worker does not know, which then fails in words."""
    kind = Operation.objects.values_list("kind", flat=True).get(pk=run.lease.operation_id)
    return next((known.steps() for known in registry.kinds() if known.name == kind), {})


def _ending(run: Run, work: Work) -> Ending:
    """The one place where whatever a kind's code does becomes a status and a sentence."""
    number = run.lease.operation_id
    try:
        return work()
    except (LeaseLost, PauseRequested, OperationalError, InterfaceError):
        raise
    except CancelRequested:
        name = Operation.objects.values_list("cancelled_by_name", flat=True).get(pk=number)
        return Ending(Status.CANCELLED, f"{name or 'A person'} cancelled it; {_how_far(number)}.")
    except OperationProblem as problem:
        return Ending(Status.FAILED, str(problem))
    except Exception as defect:  # the edge: a defect in a kind ends its operation, never the worker
        logger.exception("Operation %s met a defect", number)
        write_line(run.lease, traceback.format_exc())
        return Ending(Status.ERRORED, f"A defect stopped it: {type(defect).__name__}: {defect}")


def _forwards(run: Run, ways: Mapping[str, Step]) -> Ending:
    operation = Operation.objects.get(pk=run.lease.operation_id)
    if not begun(operation).exists():
        found = obstacle(operation)
        if found:
            return found
    for step in operation.steps.exclude(status=StepStatus.DONE):
        how = ways[step.key]
        operation.refresh_from_db()
        if may_stop_before(operation, how):
            stop_if_asked(operation)
        carry_out(run, step, how)
    last = operation.steps.order_by("-index").values_list("outcome", flat=True).first()
    return Ending(Status.DONE, last or "Done.")


def _how_far(number: int) -> str:
    operation = Operation.objects.get(pk=number)
    done = list(operation.steps.filter(status=StepStatus.DONE).values_list("title", flat=True))
    said = f"done before that: {', '.join(done)}" if done else "no step had been done"
    going = operation.children.filter(status__in=(*ACTIVE, Status.WAITING, Status.SCHEDULED)).order_by("pk")
    parts = [str(part) for part in going.values_list("pk", flat=True)]
    return f"{said}; what it had begun comes to its own end: operation {', '.join(parts)}" if parts else said
