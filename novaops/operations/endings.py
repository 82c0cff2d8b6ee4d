"""How a turn at an operation ends: its status, what becomes of its steps and its locks, in one transaction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models.functions import Now

from novaops.operations.choices import Status, StepStatus
from novaops.operations.differences import Difference
from novaops.operations.leases import Lease, fenced, held
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.recording import note, note_step
from novaops.operations.safe_points import begun

_BROKEN_STEP = {
    Status.FAILED: StepStatus.FAILED,
    Status.ERRORED: StepStatus.ERRORED,
    Status.CANCELLED: StepStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """A terminal status and the sentence for it; for a stale one also what changed."""

    status: Status
    outcome: str
    data: Mapping[str, Any] = field(default_factory=dict)
    changed: tuple[Difference, ...] = ()


def finish(lease: Lease, ending: Ending) -> None:
    """Raises LeaseLost when the operation is not this worker's any more."""
    with fenced(lease) as operation:
        break_step(operation, ending)
        operation.steps.filter(status=StepStatus.PENDING).update(status=StepStatus.SKIPPED)
        held(lease).update(
            status=ending.status,
            outcome=ending.outcome,
            changed=[asdict(one) for one in ending.changed],
            ended_at=Now(),
            lease_owner="",
            lease_until=None,
            reverting="",
        )
        operation.held_locks.all().delete()
        steps = [{"step": step.key, "status": step.status} for step in operation.steps.all()]
        data = {"steps": steps, **ending.data}
        if operation.cancelled_by_name:
            data["cancelled_by"] = operation.cancelled_by_name
        note(f"operation {ending.status.value}", operation, outcome=ending.outcome, data=data)
        tell(operation)


def rest(lease: Lease) -> None:
    """Paused: the operation keeps its locks and its place, and no worker holds it."""
    with fenced(lease) as operation:
        operation.steps.filter(status=StepStatus.RUNNING).update(status=StepStatus.PENDING, note="", rate=None)
        held(lease).update(status=Status.PAUSED, lease_owner="", lease_until=None)
        note("operation paused", operation, data={"paused_by": operation.paused_by_name})
        tell(operation)


def break_step(operation: Operation, ending: Ending) -> None:
    """The step in which it ended, if there is one; also where it was paused there and never went on."""
    broken = _BROKEN_STEP.get(ending.status, StepStatus.FAILED)
    for step in begun(operation).filter(status__in=[StepStatus.RUNNING, StepStatus.UNDOING, StepStatus.PENDING]):
        operation.steps.filter(pk=step.pk).update(status=broken, error=ending.outcome, finished_at=Now(), note="")
        note_step(f"step {broken.value}", operation, step, outcome=ending.outcome)
