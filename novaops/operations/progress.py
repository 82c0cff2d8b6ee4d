"""What a step reports while it works: how far it is, and lines for people who watch."""

import time
from dataclasses import dataclass, field

from django.db.models.functions import Now

from novaops.operations.contract import Lock, Step, StepContext
from novaops.operations.heartbeat import Heartbeat
from novaops.operations.leases import Lease, fenced, held, renew
from novaops.operations.models import Operation, OperationLog, OperationStep
from novaops.operations.news import tell
from novaops.operations.problems import CancelRequested, LeaseLost, PauseRequested, StepTimeout
from novaops.operations.safe_points import past_no_return

WRITE_EVERY = 0.5


@dataclass
class Reporter:
    """One attempt of one step. Reports are stored at most twice a second; the last one (done equals total) always."""

    lease: Lease
    beat: Heartbeat
    step: OperationStep
    how: Step
    locks: tuple[Lock, ...] = ()
    began: float = field(default_factory=time.monotonic)
    written: float = 0.0
    first: int | None = None
    began_counting: float = 0.0

    def context(self) -> StepContext:
        return StepContext(
            operation_id=self.lease.operation_id,
            fencing_token=self.lease.token,
            locks=self.locks,
            arguments=self.step.arguments,
            progress=self.progress,
            log=self.log,
            hold=self.hold,
        )

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Raises LeaseLost, StepTimeout, CancelRequested or PauseRequested."""
        now = time.monotonic()
        if self.beat.lost.is_set():
            raise LeaseLost
        if now - self.began > self.how.timeout_seconds:
            raise StepTimeout
        if now - self.written >= WRITE_EVERY or done == total:
            self.written = now
            self._write(done, total, note)

    def hold(self) -> None:
        """Raises LeaseLost. The lease then lasts long enough for a write that begins now and has a timeout."""
        if self.beat.lost.is_set() or not renew(self.lease):
            self.beat.lost.set()
            raise LeaseLost

    def log(self, text: str) -> None:
        write_line(self.lease, text, self.step.key)

    def _write(self, done: int, total: int | None, note: str) -> None:
        self.hold()
        mine = OperationStep.objects.filter(pk=self.step.pk, operation__in=held(self.lease))
        mine.update(done=done, total=total, note=note, rate=self._rate(done))
        tell(self.lease.operation_id)
        operation = held(self.lease).first()
        if operation and self.how.cancellable and not past_no_return(operation):
            stop_if_asked(operation)

    def _rate(self, done: int) -> float | None:
        """Over this attempt alone: what an earlier one had done came at once."""
        if self.first is None:
            self.first, self.began_counting = done, time.monotonic()
            return None
        passed = time.monotonic() - self.began_counting
        return (done - self.first) / passed if passed > 0 and done > self.first else None


def stop_if_asked(operation: Operation) -> None:
    """Raises CancelRequested or PauseRequested. What is being taken back is not stopped."""
    if operation.reverting:
        return
    if operation.cancel_requested:
        raise CancelRequested
    if operation.pause_requested:
        raise PauseRequested


def write_line(lease: Lease, text: str, step: str = "") -> None:
    """Raises LeaseLost: who was replaced has nothing more to tell."""
    with fenced(lease) as operation:
        OperationLog.objects.create(operation=operation, step=step, text=text, at=Now())
        tell(operation)
