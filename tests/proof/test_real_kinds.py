"""Real kinds on real servers, whose worker is killed in the middle of an effect: another one carries on."""

import pytest

from tests.proof.cases import appointments, flush, hide, leftover, members, move, partitions, slots
from tests.proof.cases.case import Subject
from tests.proof.faults import Fault, Point, Way
from tests.proof.scene import Scene
from tests.proof.trial import Trial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live_fleet")]


@pytest.mark.parametrize(
    "subject",
    [
        partitions.SUBJECT,
        flush.SUBJECT,
        hide.SUBJECT,
        members.IN,
        slots.SUBJECT,
        leftover.SUBJECT,
        move.SUBJECT,
        appointments.SCHEDULE,
    ],
    ids=lambda one: one.kind,
)
def test_killed_in_and_after_every_effect(scene: Scene, subject: Subject) -> None:
    assert killed_everywhere(scene, subject, Way.FORWARD, subject.steps) == []


def test_killed_while_partitions_are_taken_back(scene: Scene) -> None:
    assert killed_everywhere(scene, partitions.SUBJECT, Way.BACK, partitions.SUBJECT.back) == []


def test_killed_while_slots_go_back(scene: Scene) -> None:
    assert killed_everywhere(scene, slots.SUBJECT, Way.BACK, slots.SUBJECT.back) == []


def killed_everywhere(scene: Scene, subject: Subject, way: Way, steps: int) -> list[str]:
    """One operation, and a worker more than there are steps and calls to die in."""
    faults = [call.fault() for call in subject.calls if call.way is way]
    faults += [Fault(Point.ACTED, way, step) for step in range(steps)]
    with subject.make(scene) as case:
        return Trial(scene, case, way, faults).problems()
