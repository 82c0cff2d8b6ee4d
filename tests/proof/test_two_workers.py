"""Several workers at one operation: one acts, and one that comes back from the dead does nothing more."""

import os
import signal

import pytest

from novaops.audit.models import Record
from novaops.operations.models import Operation
from tests.proof.faults import Mishap, Point, Way
from tests.proof.scene import Scene, ended
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("way", list(Way))
def test_of_four_workers_that_race_one_acts(scene: Scene, way: Way) -> None:
    with scene.ledger() as ledger:
        operation = scene.ten_steps(ledger, way)
        workers = [scene.begin_turn(operation) for _ in range(4)]
        assert [ended(worker) for worker in workers] == [0] * 4
        assert scene.violations(operation, ledger) == [] and operation.turns == 1


@pytest.mark.parametrize("way", list(Way))
def test_a_second_worker_does_nothing_while_the_first_is_inside_a_step(scene: Scene, way: Way) -> None:
    with scene.ledger() as ledger:
        operation = scene.ten_steps(ledger, way)
        fault = scene.fault(Point.ACTED, way, 4, Mishap.HOLD)
        first = scene.begin_turn(operation, fault)
        wait_for(lambda: fault.reached, "the first worker to be inside the fifth step", 30, 0.02)
        assert scene.take_turn(operation) == 0
        fault.let_go()
        assert ended(first) == 0
        assert scene.violations(operation, ledger) == [] and operation.turns == 1


@pytest.mark.parametrize("way", list(Way))
def test_a_frozen_worker_that_was_replaced_changes_nothing(scene: Scene, way: Way) -> None:
    found = {point: frozen(scene, point, way) for point in (Point.BEFORE, Point.BEGUN, Point.CALLED, Point.ACTED)}
    assert not any(found.values()), found


def frozen(scene: Scene, point: Point, way: Way) -> list[str]:
    """CALLED is between asking whether it still holds the operation and writing: there the live system itself refuses
    its token."""
    inside = {"call": "tests.proof.kinds:_ledger", "nth": 2 if way is Way.FORWARD else 1}
    with scene.ledger() as ledger:
        operation = scene.ten_steps(ledger, way)
        fault = scene.fault(point, way, 4, Mishap.FREEZE, **(inside if point is Point.CALLED else {}))
        first = scene.begin_turn(operation, fault)
        wait_for(lambda: fault.reached, "the first worker to be frozen", 30, 0.02)
        scene.let_lease_run_out(operation)
        scene.take_turn(operation)
        written = everything_written(operation)
        assert first.pid
        os.kill(first.pid, signal.SIGCONT)
        ended(first)
        more = [] if everything_written(operation) == written else ["It wrote something after it was replaced."]
        return more + scene.violations(operation, ledger)


def everything_written(operation: Operation) -> object:
    return list(operation.steps.values()), list(operation.lines.values()), Record.objects.count()
