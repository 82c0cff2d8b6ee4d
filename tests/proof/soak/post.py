"""Operations by message, as in an installation: two Celery workers, two clocks, every message delivered twice, the
broker gone and killed, workers killed with all their processes and started again."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from django.db import connection
from django_tenants.utils import tenant_context

from novaops.celery import app
from novaops.operations.models import Operation
from novaops.operations.problems import Refused
from novaops.sandbox.control import Client
from tests import control_database
from tests.proof import messages, programs
from tests.proof.cases.case import Case, Subject
from tests.proof.faults import Fault, Mishap, Point, Way
from tests.proof.programs import Program
from tests.proof.scene import Scene
from tests.proof.soak.attempt import Attempt
from tests.proof.soak.matrix import killed_and_back, started, steps, ways
from tests.proof.verdict import violations

LEASE_SECONDS = "3"
LIMIT_SECONDS = 600.0
LOOK_SECONDS = 0.2
WORKERS = CLOCKS = 2


def attempts(scene: Scene, servers: Client, subject: Subject) -> Iterator[Attempt]:
    for way in ways(subject):
        name = f"doubled messages, broker away and killed, workers killed, {way}"
        yield Attempt(subject.kind, "messages", name, partial(posted, scene, servers, [(subject, way)]))


def posted(scene: Scene, servers: Client, wanted: Sequence[tuple[Subject, Way]], may_miss: bool = False) -> list[str]:
    """The operations are queued while the broker is away; all must end as they should. Unless it `may_miss` some, every
    fault has to happen."""
    started(servers, "broker")
    with ExitStack() as stack:
        cases = [(stack.enter_context(subject.make(scene)), subject, way) for subject, way in wanted]
        plans = [_plan(scene, subject, case, way) for case, subject, way in cases]
        office = stack.enter_context(opened(scene, [fault for plan in plans for fault in plan]))
        servers.stop("broker")
        queued = [(scene.queued(case.kind, case.parameters(way)), case) for case, _, way in cases]
        started(servers, "broker")
        for (operation, _), plan in zip(queued, plans, strict=True):
            office.events |= {
                fault: partial(killed_and_back, servers, "broker")
                if fault.point is Point.BEGUN
                else partial(_cancel, scene, operation)
                for fault in plan
                if fault.mishap is Mishap.HOLD
            }
        office.until_over([operation for operation, _ in queued])
        missed = [f"No worker came to: {fault.name}." for fault in office.faults if not fault.reached and not may_miss]
        with tenant_context(scene.fleet):
            found = [one for operation, case in queued for one in violations(operation) + case.violations(operation)]
        return missed + found + ([office.last_words] if missed or found else [])


def _plan(scene: Scene, subject: Subject, case: Case, way: Way) -> list[Fault]:
    """The broker dies under the first step, a worker's process in the middle one, a whole worker in the last. What does
    not go back by itself is cancelled."""
    found = steps(subject, way)
    middle, last = found[len(found) // 2], found[-1]
    plan = [
        Fault(Point.BEGUN, way, found[0], Mishap.HOLD),
        Fault(Point.BEFORE if subject.ends_by_itself and middle == last else Point.BEGUN, way, middle, Mishap.DIE),
        Fault(Point.BEFORE if subject.ends_by_itself else Point.ACTED, way, last, Mishap.FALL),
    ]
    if way is Way.BACK and case.cancelled_at:
        plan.append(case.cancelled_at)
    return [scene.armed(fault) for fault in plan]


def _cancel(scene: Scene, operation: Operation) -> None:
    """A worker of another operation may have come there first: then it may be too late."""
    with suppress(Refused):
        scene.cancel(operation)


@dataclass
class Office:
    scene: Scene
    faults: Sequence[Fault]
    events: dict[Fault, Callable[[], None]] = field(default_factory=dict)
    workers: list[Program] = field(default_factory=list)
    clocks: list[Program] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "NOVAOPS_DATABASE_URL": control_database.url(),
            "NOVAOPS_BROKER_URL": programs.broker_address(),
            "NOVAOPS_LEASE_SECONDS": LEASE_SECONDS,
        }

    @property
    def last_words(self) -> str:
        return "\n".join(f"{program.name}:\n{program.last_words}" for program in (*self.workers, *self.clocks))

    def open(self) -> None:
        """One by one, so that those that run are known when the next one does not come."""
        for _ in range(WORKERS):
            self.workers.append(self._worker())
        for _ in range(CLOCKS):
            self.clocks.append(programs.beat(self.environment, self.scene.folder))

    def close(self) -> None:
        for program in (*self.workers, *self.clocks):
            program.kill()

    def until_over(self, operations: Sequence[Operation]) -> None:
        """Whoever looks after the workers starts those again that died."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while not self._over(operations):
            for fault, event in self.events.items():
                if fault.reached and not fault.gone_on:
                    event()
                    fault.let_go()
            for number, one in enumerate(self.workers):
                if one.process.poll() is not None:
                    self.workers[number] = self._worker()
            if time.monotonic() > deadline:
                raise AssertionError(f"Not over after {LIMIT_SECONDS:.0f} s.\n{self.last_words}")
            time.sleep(LOOK_SECONDS)

    def _over(self, operations: Sequence[Operation]) -> bool:
        return all(self.scene.is_over(operation) for operation in operations)

    def _worker(self) -> Program:
        return programs.worker(self.environment, self.scene.folder, *self.faults, doubled=True)


@contextmanager
def opened(scene: Scene, faults: Sequence[Fault]) -> Iterator[Office]:
    """Open, with this process sending to the same queue, everything twice too."""
    send, address = type(app).send_task, app.conf.broker_write_url
    type(app).send_task = messages.twice(send)  # type: ignore[method-assign]
    app.conf.update(broker_write_url=programs.broker_address())
    office = Office(scene, faults)
    try:
        programs.empty_queue()
        office.open()
        yield office
    finally:
        office.close()
        type(app).send_task = send  # type: ignore[method-assign]
        app.conf.update(broker_write_url=address)
        connection.close()
