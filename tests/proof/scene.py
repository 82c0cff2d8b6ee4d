"""A fleet with a person who may act, and operations on it that workers are let loose on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db.models.functions import Now
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Person
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from tests.proof import kinds, turn
from tests.proof.faults import Fault, Mishap, Point, Way
from tests.proof.ledger import Ledger
from tests.proof.verdict import ledger_violations, violations

PATIENCE = 60.0


@dataclass(frozen=True)
class Scene:
    """`folder` is where workers leave their marks; `workers` are those that were let loose so far."""

    fleet: Fleet
    operator: Person
    folder: Path
    workers: list[ForkServerProcess] = field(default_factory=list)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """A live system of its own, gone afterwards."""
        ledger = Ledger(f"proof_{uuid4().hex[:12]}")
        ledger.make()
        try:
            yield ledger
        finally:
            ledger.drop()

    def queued(self, kind: str, parameters: Mapping[str, Any]) -> Operation:
        with tenant_context(self.fleet):
            operation = services.request(kind, parameters, self.operator, "To prove it.")
            if operation.status != Status.PLANNED:
                raise AssertionError(f"{kind} was not planned: {operation.outcome}")
            return services.confirm(operation, self.operator, operation.plan.confirm)

    def ten_steps(self, ledger: Ledger, way: Way, asks: bool = True) -> Operation:
        parameters = {"ledger": ledger.schema, "turns_back": way is Way.BACK, "asks": asks}
        return self.queued(kinds.TenSteps.name, parameters)

    def fault(
        self, point: Point, way: Way = Way.FORWARD, step: int = 0, mishap: Mishap = Mishap.DIE, **more: Any
    ) -> Fault:
        return Fault(str(self.folder / uuid4().hex), point, way, step, mishap, **more)

    def begin_turn(self, operation: Operation, *faults: Fault) -> ForkServerProcess:
        worker = turn.start(self.fleet.slug, operation.pk, faults)
        self.workers.append(worker)
        return worker

    def take_turn(self, operation: Operation, *faults: Fault) -> int:
        """Lets a worker take one turn; its exit status, negative for the signal that killed it."""
        return ended(self.begin_turn(operation, *faults))

    def kill_workers(self) -> None:
        """Whatever is left of them, the frozen ones too."""
        for worker in self.workers:
            worker.kill()
            worker.join()
        self.workers.clear()

    def let_lease_run_out(self, operation: Operation) -> None:
        """As time would."""
        with tenant_context(self.fleet):
            ago = Now() - timedelta(seconds=1)
            Operation.objects.filter(pk=operation.pk, status=Status.RUNNING).update(lease_until=ago)

    def violations(self, operation: Operation, ledger: Ledger) -> list[str]:
        with tenant_context(self.fleet):
            return violations(operation) + ledger_violations(operation, ledger)


def ended(worker: ForkServerProcess) -> int:
    """Waits for it; its exit status, negative for the signal that killed it."""
    worker.join(PATIENCE)
    if worker.exitcode is None:
        worker.kill()
        raise AssertionError(f"A worker did not end its turn within {PATIENCE:.0f} s.")
    return worker.exitcode
