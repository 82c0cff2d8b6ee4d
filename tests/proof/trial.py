"""One operation, and everything that goes wrong with its workers, until it is over."""

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from django.db import connection
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.operations.models import Operation
from tests.proof.cases.case import Case
from tests.proof.faults import Fault, Mishap, Way
from tests.proof.scene import Scene
from tests.proof.verdict import told, violations

TURN_SECONDS = 300.0
LOOK_SECONDS = 0.01
Event = Callable[[Operation], None]
"""What is done to a server, or by a person to the operation, while a worker waits at a fault of the kind HOLD."""


@dataclass
class Trial:
    """`at_once` workers take each turn; `events` by fault. Unless it `may_miss` some, every fault has to happen.
    `frozen` are workers that came to a FREEZE."""

    scene: Scene
    case: Case
    way: Way
    faults: Sequence[Fault] = ()
    at_once: int = 1
    events: Mapping[Fault, Event] = field(default_factory=dict)
    may_miss: bool = False
    frozen: list[ForkServerProcess] = field(default_factory=list)

    def problems(self) -> list[str]:
        """Carries it through, and says in sentences what is not as it should be."""
        plan = self._planned()
        try:
            operation = self.scene.again_while_stale(lambda: self._carried_out(plan))
            late = self._wake_frozen(operation)
        finally:
            self.scene.kill_workers()
        missed = [f"No worker came to: {fault.name}." for fault in plan if not fault.reached and not self.may_miss]
        with tenant_context(self.scene.fleet):
            return missed + late + violations(operation) + self.case.violations(operation)

    def _planned(self) -> dict[Fault, Event | None]:
        """The armed faults, each with what is to be done while a worker waits there."""
        plan = {self.scene.armed(fault): self.events.get(fault) for fault in self.faults}
        if self.way is Way.BACK and (cancelled := self.case.cancelled_at):
            plan[self.scene.armed(cancelled)] = self.scene.cancel
        return plan

    def _carried_out(self, plan: dict[Fault, Event | None]) -> Operation:
        operation = self.scene.queued(self.case.kind, self.case.parameters(self.way))
        self._until_over(operation, plan)
        return operation

    def _until_over(self, operation: Operation, plan: dict[Fault, Event | None]) -> None:
        for _ in range(len(plan) + 2):
            workers = [self.scene.begin_turn(operation, *plan) for _ in range(self.at_once)]
            self._await(workers, operation, plan)
            if self.scene.is_over(operation):
                return
            self.scene.let_go_on(operation)

    def _await(self, workers: list[ForkServerProcess], operation: Operation, plan: dict[Fault, Event | None]) -> None:
        deadline = time.monotonic() + TURN_SECONDS
        while running := [worker for worker in workers if worker.exitcode is None]:
            for fault in [fault for fault in plan if fault.reached and not fault.gone_on]:
                if fault.mishap is Mishap.HOLD:
                    self._hold(fault, operation, plan[fault])
            stopped = [worker for worker in running if _stopped(worker)]
            if stopped:
                self.frozen += stopped
                return
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"A worker did not end its turn within {TURN_SECONDS:.0f} s.\n{self._told(operation)}"
                )
            time.sleep(LOOK_SECONDS)

    def _told(self, operation: Operation) -> str:
        with tenant_context(self.scene.fleet):
            operation.refresh_from_db()
            return told(operation)

    def _hold(self, fault: Fault, operation: Operation, event: Event | None) -> None:
        if event:
            event(operation)
            # The server may be another one now.
            connection.close()
        fault.let_go()

    def _wake_frozen(self, operation: Operation) -> list[str]:
        """They were replaced long ago, and must not write anything more."""
        if not self.frozen:
            return []
        before = self._written(operation)
        for worker in self.frozen:
            if worker.pid:
                os.kill(worker.pid, signal.SIGCONT)
            worker.join(TURN_SECONDS)
        return [] if self._written(operation) == before else ["A worker that was replaced wrote something."]

    def _written(self, operation: Operation) -> object:
        with tenant_context(self.scene.fleet):
            return list(operation.steps.values()), list(operation.lines.values()), Record.objects.count()


def _stopped(worker: ForkServerProcess) -> bool:
    """Whether it is held by SIGSTOP."""
    try:
        return Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False
