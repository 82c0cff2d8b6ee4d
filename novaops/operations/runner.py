"""Carries operations out, or on from where a killed worker left them. At most one worker acts for an operation."""

import logging
import traceback
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from novaops.audit.services import record
from novaops.operations import registry
from novaops.operations.choices import Status, StepStatus
from novaops.operations.contract import Kind, OperationProblem
from novaops.operations.differences import differences
from novaops.operations.endings import Ending, finish
from novaops.operations.heartbeat import beating
from novaops.operations.leases import Lease, acquire, worker_name
from novaops.operations.locking import held_by, take
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.people import requester
from novaops.operations.planning import parameters_of
from novaops.operations.problems import CancelRequested, LeaseLost
from novaops.operations.progress import write_line
from novaops.operations.safe_points import may_stop_before
from novaops.operations.stepping import Run, carry_out

logger = logging.getLogger(__name__)


def execute(operation_id: int, owner: str = "") -> None:
    """Does nothing when another worker has the operation or it is over. Ends it, or leaves it to the next worker when
    the lease was lost or the control database went away."""
    lease = _claim(operation_id, owner or worker_name())
    if lease is None:
        return
    try:
        with beating(lease) as beat:
            finish(lease, _ending(Run(lease, beat)))
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
            verb = "operation started" if lease.token == 1 else "operation resumed"
            data = {"kind": operation.kind, "worker": owner, "turn": lease.token, "locks": operation.locks}
            record(verb, operation.subject, actor=requester(operation), outcome=operation.title, data=data)
            tell(operation)
            return lease
        finish(lease, Ending(Status.REFUSED, " ".join(map(held_by, conflicts))))
    return None


def _ending(run: Run) -> Ending:
    """The one place where whatever a kind's code does becomes a status and a sentence."""
    number = run.lease.operation_id
    try:
        return _work(run)
    except (LeaseLost, OperationalError, InterfaceError):
        raise
    except CancelRequested:
        name = Operation.objects.values_list("cancelled_by_name", flat=True).get(pk=number)
        return Ending(Status.CANCELLED, f"{name or 'A person'} cancelled it; {_how_far(number)}.")
    except OperationProblem as problem:
        return Ending(Status.FAILED, str(problem))
    except Exception as defect:  # the edge: a defect in a kind ends its operation, never the worker
        logger.exception("Operation %s met a defect", number)
        write_line(number, traceback.format_exc())
        return Ending(Status.ERRORED, f"A defect stopped it: {type(defect).__name__}: {defect}")


def _work(run: Run) -> Ending:
    operation = Operation.objects.get(pk=run.lease.operation_id)
    kind = registry.kind(operation.kind)
    if not operation.steps.exclude(status=StepStatus.PENDING).exists():
        changed = _changed_since(operation, kind)
        if changed:
            sentence = f"The fleet changed since it was planned. {'; '.join(changed)}."
            return Ending(Status.STALE, sentence, {"changed": changed})
    ways = kind.steps()
    for step in operation.steps.exclude(status=StepStatus.DONE):
        how = ways[step.key]
        operation.refresh_from_db()
        if operation.cancel_requested and may_stop_before(operation, how):
            raise CancelRequested
        carry_out(run, step, how)
    return Ending(Status.DONE, _done_sentence(operation))


def _changed_since(operation: Operation, kind: Kind[Any]) -> list[str]:
    """Asks the live fleet again."""
    parameters = parameters_of(kind, operation.parameters)
    return differences(operation.plan, kind.plan(parameters, kind.gather(parameters), timezone.now()))


def _done_sentence(operation: Operation) -> str:
    last = operation.steps.order_by("-index").values_list("outcome", flat=True).first()
    return last or "Done."


def _how_far(number: int) -> str:
    steps = Operation.objects.get(pk=number).steps
    done = list(steps.filter(status=StepStatus.DONE).values_list("title", flat=True))
    return f"done before that: {', '.join(done)}" if done else "no step had been done"
