"""The state machine of operations, in many more orders than the suite has time for, with every change committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from novaops.operations import registry, stepping
from tests.proof.driving import Drive
from tests.proof.machine import PEOPLE, Operations
from tests.proof.scene import Scene
from tests.proof.soak import stage
from tests.proof.soak.attempt import Attempt
from tests.proof.world import Easy, Risky

KIND, EXAMPLES, STEPS = "state-machine", 300, 40


def attempts(scene: Scene) -> Iterator[Attempt]:
    yield Attempt(KIND, "random orders", f"{EXAMPLES} of up to {STEPS} rules", lambda: _problems(scene))


def _problems(scene: Scene) -> list[str]:
    drive = Drive(scene.operator)
    Operations.fleet, Operations.drive = scene.fleet, drive
    Operations.people = {role: stage.person(role, scene.fleet) for role in PEOPLE}
    bounds = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    with tenant_context(scene.fleet), _kinds(drive):
        run_state_machine_as_test(Operations, settings=bounds)
    return []


@contextmanager
def _kinds(drive: Drive) -> Iterator[None]:
    """The kinds in memory are known, and no worker rests before it tries again."""
    made = (Easy(drive.world), Risky(drive.world))
    for kind in made:
        registry.register(kind)
    try:
        with patch.object(stepping, "pause_before", lambda attempt: 0.0):
            yield
    finally:
        for kind in made:
            del registry._kinds[kind.name]
