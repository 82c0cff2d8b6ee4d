"""kill -9 of a worker before, in and after a step, forwards and while it takes back: another one carries on."""

import pytest

from tests.proof.cases import ten_steps
from tests.proof.faults import OF_A_STEP, OF_A_TURN, Fault, Point, Way
from tests.proof.scene import Scene
from tests.proof.trial import Trial

pytestmark = pytest.mark.django_db(transaction=True)
SAMPLE = (0, 9)


@pytest.mark.parametrize("way", list(Way))
def test_killed_at_a_step(scene: Scene, way: Way) -> None:
    """In the first step and in the last: one operation, and a worker more than there are points to die at."""
    faults = [Fault(point, way, step) for step in SAMPLE for point in OF_A_STEP]
    with ten_steps.make(scene) as case:
        assert Trial(scene, case, way, faults).problems() == []


@pytest.mark.parametrize("way", list(Way))
def test_killed_between_the_steps(scene: Scene, way: Way) -> None:
    found = {point: killed(scene, Fault(point), way) for point in OF_A_TURN}
    assert not any(found.values()), found


def test_killed_again_and_again(scene: Scene) -> None:
    """Eight workers at one operation."""
    faults = [Fault(point, way, 4) for way in Way for point in OF_A_STEP]
    with ten_steps.make(scene) as case:
        assert Trial(scene, case, Way.BACK, faults).problems() == []


def test_a_step_that_does_not_ask_whether_it_is_done_is_found_out(scene: Scene) -> None:
    [problem] = killed(scene, Fault(Point.ACTED, step=4), Way.FORWARD, asks=False)
    assert "('step-05', 'do'): 2" in problem


def killed(scene: Scene, fault: Fault, way: Way, asks: bool = True) -> list[str]:
    with ten_steps.make(scene, asks) as case:
        return Trial(scene, case, way, [fault]).problems()
