"""How an operation ends: its last status, what becomes of its steps, its locks and its record, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models.functions import Now

from novaops.audit.services import record
from novaops.operations.choices import Status, StepStatus
from novaops.operations.leases import Lease, fenced, held
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.people import requester

_BROKEN_STEP = {
    Status.FAILED: StepStatus.FAILED,
    Status.ERRORED: StepStatus.ERRORED,
    Status.CANCELLED: StepStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """A terminal status and the sentence for it."""

    status: Status
    outcome: str
    data: Mapping[str, Any] = field(default_factory=dict)


def finish(lease: Lease, ending: Ending) -> None:
    """Raises LeaseLost when the operation is not this worker's any more."""
    with fenced(lease) as operation:
        _end_steps(operation, ending)
        held(lease).update(
            status=ending.status, outcome=ending.outcome, ended_at=Now(), lease_owner="", lease_until=None
        )
        operation.held_locks.all().delete()
        steps = [{"step": step.key, "status": step.status} for step in operation.steps.all()]
        data = {"kind": operation.kind, "reason": operation.reason, "steps": steps, **ending.data}
        if operation.cancelled_by_name:
            data["cancelled_by"] = operation.cancelled_by_name
        verb = f"operation {ending.status.value}"
        record(verb, operation.subject, actor=requester(operation), outcome=ending.outcome, data=data)
        tell(operation)


def _end_steps(operation: Operation, ending: Ending) -> None:
    broken = _BROKEN_STEP.get(ending.status, StepStatus.FAILED)
    running = operation.steps.filter(status=StepStatus.RUNNING)
    if running.update(status=broken, error=ending.outcome, finished_at=Now(), note=""):
        step = operation.steps.filter(status=broken).latest("finished_at")
        verb, subject = f"step {broken.value}", f"{operation.subject}/{step.key}"
        record(verb, subject, actor=requester(operation), outcome=ending.outcome, data=step.facts)
    operation.steps.filter(status=StepStatus.PENDING).update(status=StepStatus.SKIPPED)
