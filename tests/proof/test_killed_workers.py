"""kill -9 of a worker before, in and after a step, forwards and while it takes back: another one carries on."""

import signal

import pytest

from tests.proof.faults import OF_A_STEP, OF_A_TURN, Point, Way
from tests.proof.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)
SAMPLE = (0, 9)


def killed_and_carried_on(scene: Scene, point: Point, way: Way, step: int, asks: bool = True) -> list[str]:
    with scene.ledger() as ledger:
        operation, fault = scene.ten_steps(ledger, way, asks), scene.fault(point, way, step)
        if scene.take_turn(operation, fault) != -signal.SIGKILL:
            return [f"No worker came to {fault.name}."]
        scene.let_lease_run_out(operation)
        scene.take_turn(operation)
        return scene.violations(operation, ledger)


@pytest.mark.parametrize("way", list(Way))
def test_killed_at_a_step(scene: Scene, way: Way) -> None:
    found = {
        (point, step): problems
        for point in OF_A_STEP
        for step in SAMPLE
        if (problems := killed_and_carried_on(scene, point, way, step))
    }
    assert not found


@pytest.mark.parametrize("way", list(Way))
def test_killed_between_the_steps(scene: Scene, way: Way) -> None:
    found = {point: problems for point in OF_A_TURN if (problems := killed_and_carried_on(scene, point, way, 0))}
    assert not found


def test_a_step_that_does_not_ask_whether_it_is_done_is_found_out(scene: Scene) -> None:
    [problem] = killed_and_carried_on(scene, Point.ACTED, Way.FORWARD, 4, asks=False)
    assert "('step-05', 'do'): 2" in problem
