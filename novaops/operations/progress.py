"""What a step reports while it works: how far it is, and lines for people who watch."""

import time
from dataclasses import dataclass, field

from django.db.models.functions import Now

from novaops.operations.contract import Step, StepContext
from novaops.operations.heartbeat import Heartbeat
from novaops.operations.leases import Lease, held, renew
from novaops.operations.models import OperationLog, OperationStep
from novaops.operations.news import tell
from novaops.operations.problems import CancelRequested, LeaseLost, StepTimeout
from novaops.operations.safe_points import past_no_return

WRITE_EVERY = 0.5


@dataclass
class Reporter:
    """One attempt of one step. Reports are stored at most twice a second; the last one (done equals total) always."""

    lease: Lease
    beat: Heartbeat
    step: OperationStep
    how: Step
    began: float = field(default_factory=time.monotonic)
    written: float = 0.0

    def context(self) -> StepContext:
        return StepContext(
            operation_id=self.lease.operation_id,
            fencing_token=self.lease.token,
            arguments=self.step.arguments,
            progress=self.progress,
            log=self.log,
        )

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Raises LeaseLost, StepTimeout or CancelRequested."""
        now = time.monotonic()
        if self.beat.lost.is_set():
            raise LeaseLost
        if now - self.began > self.how.timeout_seconds:
            raise StepTimeout
        if now - self.written >= WRITE_EVERY or done == total:
            self.written = now
            self._write(done, total, note)

    def log(self, text: str) -> None:
        write_line(self.lease.operation_id, text, self.step.key)

    def _write(self, done: int, total: int | None, note: str) -> None:
        if not renew(self.lease):
            self.beat.lost.set()
            raise LeaseLost
        OperationStep.objects.filter(pk=self.step.pk).update(done=done, total=total, note=note)
        tell(self.lease.operation_id)
        operation = held(self.lease).first()
        if operation and operation.cancel_requested and self.how.cancellable and not past_no_return(operation):
            raise CancelRequested


def write_line(operation_id: int, text: str, step: str = "") -> None:
    OperationLog.objects.create(operation_id=operation_id, step=step, text=text, at=Now())
    tell(operation_id)
