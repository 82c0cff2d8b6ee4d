"""A fleet with people who may act, and operations on it that workers are let loose on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db.models.functions import Now
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.rights import Role
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from tests.proof import turn
from tests.proof.faults import Fault

REQUESTS = 4


@dataclass(frozen=True)
class Scene:
    """`folder` is where workers leave their marks; `workers` are those that were let loose so far."""

    fleet: Fleet
    operator: Person
    approver: Person
    folder: Path
    workers: list[ForkServerProcess] = field(default_factory=list)

    def queued(self, kind: str, parameters: Mapping[str, Any]) -> Operation:
        """Requested, confirmed, and approved where the policy asks for that."""
        with tenant_context(self.fleet):
            operation = services.request(kind, parameters, self.operator, "To prove it.")
            if operation.status != Status.PLANNED:
                raise AssertionError(f"{kind} was not planned: {operation.outcome}")
            services.confirm(operation, self.operator, operation.plan.confirm)
            if operation.status == Status.WAITING:
                operation = services.approve(operation, self.approver)
            if operation.status == Status.WAITING:
                operation = services.approve(operation, self._second_approver())
            return operation

    def again_while_stale(self, carry_out: Callable[[], Operation]) -> Operation:
        """What is carried out, asked for again when its plan was stale before it began: the fleet goes on, and where
        the machine is slow a server may not have answered in time."""
        for _ in range(REQUESTS):
            operation = carry_out()
            if operation.status != Status.STALE:
                break
        return operation

    def _second_approver(self) -> Person:
        """Break-glass needs two, where nobody breaks the glass."""
        second, new = Person.objects.get_or_create(username="second-approver")
        if new:
            Membership.objects.create(person=second, fleet=self.fleet, role=Role.APPROVER)
        return second

    def armed(self, fault: Fault) -> Fault:
        """The fault, ready to happen once."""
        return replace(fault, mark=str(self.folder / uuid4().hex))

    def begin_turn(self, operation: Operation, *faults: Fault) -> ForkServerProcess:
        worker = turn.start(self.fleet.slug, operation.pk, faults)
        self.workers.append(worker)
        return worker

    def cancel(self, operation: Operation) -> None:
        with tenant_context(self.fleet):
            services.cancel(operation, self.operator)

    def pause(self, operation: Operation) -> None:
        with tenant_context(self.fleet):
            services.pause(operation, self.operator)

    def is_over(self, operation: Operation) -> bool:
        with tenant_context(self.fleet):
            operation.refresh_from_db()
            return operation.state.terminal

    def let_go_on(self, operation: Operation) -> None:
        """What is paused is resumed; the leases of workers that are gone run out, as they would with time, those of its
        parts too."""
        with tenant_context(self.fleet):
            if operation.status == Status.PAUSED:
                services.resume(operation, self.operator)
            ago = Now() - timedelta(seconds=1)
            Operation.objects.filter(status=Status.RUNNING).update(lease_until=ago)

    def kill_workers(self) -> None:
        """Whatever is left of them, the frozen ones too."""
        for worker in self.workers:
            worker.kill()
            worker.join()
            worker.close()
        self.workers.clear()
