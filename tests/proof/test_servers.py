"""Every message delivered twice, Celery workers killed, the broker killed, the control database restarted: each time
the operation ends, and each effect happened once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.db import connection

from novaops.celery import app
from novaops.operations import tasks, waking
from novaops.operations.models import Operation
from novaops.sandbox.control import Client
from tests import control_database
from tests.proof import messages, programs
from tests.proof.faults import Fault, Mishap, Point, Way
from tests.proof.programs import Program
from tests.proof.scene import Scene, ended
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
LEASE_SECONDS = "2"
StartWorker = Callable[..., Program]


@pytest.fixture
def start_worker(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartWorker]:
    """Real workers, with a queue of their own, which this process sends to as well."""
    address = programs.broker_address()
    monkeypatch.setattr(app.conf, "broker_write_url", address)
    monkeypatch.setattr(waking, "AGAIN_AFTER", timedelta(seconds=1))
    told = {"NOVAOPS_DATABASE_URL": control_database.url(), "NOVAOPS_BROKER_URL": address}
    redis.Redis.from_url(address).flushdb()
    started: list[Program] = []

    def start(*faults: Fault, doubled: bool = False) -> Program:
        environment = {**told, "NOVAOPS_LEASE_SECONDS": LEASE_SECONDS}
        started.append(programs.worker(environment, tmp_path, *faults, doubled=doubled))
        return started[-1]

    yield start
    for program in started:
        program.kill()


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
    faults = [scene.fault(Point.ACTED, Way.FORWARD, 2), scene.fault(Point.BEGUN, Way.BACK, 7, Mishap.FALL)]
    start_worker(*faults, doubled=True)
    start_worker(*faults, doubled=True)
    with scene.ledger() as ledger:
        operation = scene.ten_steps(ledger, Way.BACK)
        wait_for(lambda: over(operation), "the operation to end")
        assert all(fault.reached for fault in faults)
        assert scene.violations(operation, ledger) == [] and operation.turns == 3


def test_a_broker_that_was_away(scene: Scene, start_worker: StartWorker, restored: Client) -> None:
    """It is gone when the operation is queued, and killed again while a step is at work."""
    fault = scene.fault(Point.BEGUN, Way.FORWARD, 4, Mishap.HOLD)
    start_worker(fault)
    with scene.ledger() as ledger:
        restored.stop("broker")
        operation = scene.ten_steps(ledger, Way.FORWARD)
        restored.start("broker")
        wait_for(lambda: over(operation) or fault.reached, "a worker to be inside the fifth step")
        restored.kill("broker")
        fault.let_go()
        wait_for(lambda: over(operation), "the operation to end")
        assert scene.violations(operation, ledger) == [] and operation.turns == 1


@pytest.mark.parametrize("way", list(Way))
def test_a_restarted_control_database(scene: Scene, restored: Client, way: Way) -> None:
    found = {point: restarted(scene, restored, point, way) for point in (Point.BEFORE, Point.BEGUN, Point.ACTED)}
    assert not any(found.values()), found


def restarted(scene: Scene, servers: Client, point: Point, way: Way) -> list[str]:
    with scene.ledger() as ledger:
        operation = scene.ten_steps(ledger, way)
        fault = scene.fault(point, way, 4, Mishap.HOLD)
        worker = scene.begin_turn(operation, fault)
        wait_for(lambda: fault.reached, "the worker to be at the fifth step", 30, 0.02)
        servers.restart("control")
        connection.close()
        fault.let_go()
        if ended(worker) == 0:
            return ["The worker took its turn to the end without the control database."]
        scene.let_lease_run_out(operation)
        scene.take_turn(operation)
        return scene.violations(operation, ledger)
