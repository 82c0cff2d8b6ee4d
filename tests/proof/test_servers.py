"""Every message delivered twice, Celery workers killed, the broker killed, the control database restarted: each time
the operation ends, and each effect happened once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models.functions import Now

from novaops.celery import app
from novaops.operations import tasks, waking
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.sandbox.control import Client
from tests import control_database
from tests.proof import messages, programs
from tests.proof.cases import ten_steps
from tests.proof.faults import OF_A_STEP, Fault, Mishap, Point, Way
from tests.proof.programs import Program
from tests.proof.scene import Scene
from tests.proof.trial import Trial
from tests.proof.verdict import violations
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
# Long enough for a slow machine.
LEASE_SECONDS = "20"
StartWorker = Callable[..., Program]


@pytest.fixture
def start_worker(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartWorker]:
    """Real workers, with a queue of their own, which this process sends to as well."""
    address = programs.broker_address()
    monkeypatch.setattr(app.conf, "broker_write_url", address)
    monkeypatch.setattr(waking, "AGAIN_AFTER", timedelta(seconds=1))
    told = {"NOVAOPS_DATABASE_URL": control_database.url(), "NOVAOPS_BROKER_URL": address}
    programs.empty_queue()
    started: list[Program] = []

    def start(*faults: Fault, doubled: bool = False) -> Program:
        environment = {**told, "NOVAOPS_LEASE_SECONDS": LEASE_SECONDS}
        started.append(programs.worker(environment, tmp_path, *faults, doubled=doubled))
        return started[-1]

    yield start
    for program in started:
        program.kill()


def let_lease_run_out(operation: Operation, turns: int) -> None:
    """Of the worker that took the last of so many turns, and died: as it would with time."""
    mine = Operation.objects.filter(pk=operation.pk, status=Status.RUNNING, turns=turns)
    mine.update(lease_until=Now() - timedelta(seconds=1))


def over(operation: Operation) -> bool:
    """Looks, as the clock does every few seconds."""
    tasks.look_again()
    operation.refresh_from_db()
    return operation.state.terminal


def test_doubled_messages_and_a_killed_worker(
    scene: Scene, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's process dies in the third step, a whole worker while the eighth is taken back."""
    monkeypatch.setattr(type(app), "send_task", messages.twice(type(app).send_task))
    faults = [Fault(Point.ACTED, Way.FORWARD, 2), Fault(Point.BEGUN, Way.BACK, 7, Mishap.FALL)]
    armed = [scene.armed(fault) for fault in faults]
    start_worker(*armed, doubled=True)
    start_worker(*armed, doubled=True)

    def goes_on(operation: Operation) -> bool:
        let_lease_run_out(operation, sum(fault.reached for fault in armed))
        return over(operation)

    with ten_steps.make(scene) as case:
        operation = scene.queued(case.kind, case.parameters(Way.BACK))
        wait_for(lambda: goes_on(operation), "the operation to end", 120)
        assert all(fault.reached for fault in armed)
        assert violations(operation) + case.violations(operation) == [] and operation.turns == 3


def test_a_broker_that_was_away(scene: Scene, start_worker: StartWorker, restored: Client) -> None:
    """It is gone when the operation is queued, and killed again while a step is at work."""
    fault = scene.armed(Fault(Point.BEGUN, Way.FORWARD, 4, Mishap.HOLD))
    start_worker(fault)
    with ten_steps.make(scene) as case:
        restored.stop("broker")
        operation = scene.queued(case.kind, case.parameters(Way.FORWARD))
        restored.start("broker")
        wait_for(lambda: over(operation) or fault.reached, "a worker to be inside the fifth step")
        restored.kill("broker")
        fault.let_go()
        wait_for(lambda: over(operation), "the operation to end")
        assert violations(operation) + case.violations(operation) == [] and operation.turns == 1


@pytest.mark.parametrize("way", list(Way))
def test_a_restarted_control_database(scene: Scene, restored: Client, way: Way) -> None:
    """Before, in and after a step: the worker loses its turn, and another one carries on."""
    faults = [Fault(point, way, 4, Mishap.HOLD) for point in OF_A_STEP]
    with ten_steps.make(scene) as case:
        events = dict.fromkeys(faults, lambda operation: restored.restart("control"))
        assert Trial(scene, case, way, faults, events=events).problems() == []
        assert Operation.objects.get().turns == len(faults) + 1
