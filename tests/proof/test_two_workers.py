"""Several workers at one operation: one acts, and one that comes back from the dead does nothing more."""

import pytest

from novaops.operations.models import Operation
from tests.proof.cases import ten_steps
from tests.proof.faults import Fault, Mishap, Point, Way
from tests.proof.scene import Scene
from tests.proof.trial import Trial

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("way", list(Way))
def test_of_four_workers_that_race_one_acts(scene: Scene, way: Way) -> None:
    with ten_steps.make(scene) as case:
        assert Trial(scene, case, way, at_once=4).problems() == []
        assert Operation.objects.get().turns == 1


@pytest.mark.parametrize("way", list(Way))
def test_a_second_worker_does_nothing_while_the_first_is_inside_a_step(scene: Scene, way: Way) -> None:
    inside = Fault(Point.ACTED, way, 4, Mishap.HOLD)

    def second(operation: Operation) -> None:
        worker = scene.begin_turn(operation)
        worker.join(60)
        assert worker.exitcode == 0

    with ten_steps.make(scene) as case:
        assert Trial(scene, case, way, [inside], events={inside: second}).problems() == []
        assert Operation.objects.get().turns == 1


@pytest.mark.parametrize("way", list(Way))
def test_a_frozen_worker_that_was_replaced_changes_nothing(scene: Scene, way: Way) -> None:
    """CALLED is between asking whether it still holds the operation and writing: there the live system itself refuses
    its token."""
    faults = [Fault(point, way, 4, Mishap.FREEZE) for point in (Point.BEFORE, Point.BEGUN, Point.ACTED)]
    faults += [call.fault(Mishap.FREEZE) for call in ten_steps.SUBJECT.calls if call.way is way]
    found = {fault.name: frozen(scene, fault, way) for fault in faults}
    assert not any(found.values()), found


def frozen(scene: Scene, fault: Fault, way: Way) -> list[str]:
    with ten_steps.make(scene) as case:
        return Trial(scene, case, way, [fault]).problems()
