"""No order of what people, workers, the clock and the fleet do leads an operation where it may not go."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from novaops.fleets.models import Fleet
from tests.conftest import MakePerson
from tests.proof.driving import Drive
from tests.proof.machine import PEOPLE, Operations


def test_the_state_machine(in_fleet: Fleet, person: MakePerson, drive: Drive) -> None:
    Operations.fleet, Operations.drive = in_fleet, drive
    Operations.people = {role: person(role) for role in PEOPLE}
    bounds = settings(
        max_examples=40,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Operations, settings=bounds)
