"""What happens in the middle of a step, after its effect and before anybody knows of it."""

from collections.abc import Callable

import pytest

from novaops.fleets.models import Person
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from tests.proof.driving import Drive
from tests.proof.faults import Way
from tests.proof.world import STEPS, Moment, Twist

Queued = Callable[..., Operation]


@pytest.fixture
def paused(drive: Drive, operator: Person) -> Queued:
    """An operation that was paused in a step whose effect was there already."""

    def pause(step: str) -> Operation:
        operation = services.request("easy", {"thing": "x"}, operator, "To see where it goes.")
        services.confirm(operation, operator, "x")
        drive.turn(operation.pk, {Moment(step, Way.FORWARD, True): Twist.PAUSE})
        operation.refresh_from_db()
        assert operation.status == "paused" and step in drive.world.left_of(operation.pk)
        return operation

    return pause


@pytest.mark.parametrize("step", ["first", "third"])
def test_cancelled_after_it_was_paused_inside_a_step(paused: Queued, drive: Drive, operator: Person, step: str) -> None:
    operation = paused(step)
    services.cancel(operation, operator)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "cancelled" and drive.world.left_of(operation.pk) == []
    assert operation.steps.get(key=step).status == "undone"


def test_its_own_effect_does_not_make_a_paused_operation_stale(paused: Queued, drive: Drive, operator: Person) -> None:
    operation = paused("first")
    drive.world.colour = "red"
    services.resume(operation, operator)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "done" and drive.world.left_of(operation.pk) == list(STEPS)
