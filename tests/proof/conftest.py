"""The kind with ten steps, its ledger on a shard of the test fleet, and workers that can be killed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from novaops.fleets.models import Fleet, Person
from novaops.operations import registry, runner, stepping
from tests import control_database
from tests.caching.conftest import patient
from tests.conftest import MakePerson
from tests.proof import addresses, kinds, ledger, turn
from tests.proof.driving import Drive, without_a_heart
from tests.proof.scene import Scene
from tests.proof.world import Easy, Risky

__all__ = ["patient"]
# Long enough for a slow machine; where a lease has to run out, the test says so.
LEASE_SECONDS = "20"


@pytest.fixture(scope="session")
def _workers(state: Path, django_db_setup: None) -> None:
    os.environ[ledger.ADDRESS] = addresses.of_leader(state)
    turn.prepare({"NOVAOPS_DATABASE_URL": control_database.url(), "NOVAOPS_LEASE_SECONDS": LEASE_SECONDS})


@pytest.fixture
def scene(
    in_fleet: Fleet, person: MakePerson, tmp_path: Path, _workers: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    monkeypatch.setitem(registry._kinds, kinds.TenSteps.name, kinds.TenSteps())
    made = Scene(in_fleet, person("operator"), person("approver"), tmp_path)
    yield made
    made.kill_workers()


@pytest.fixture
def operator(in_fleet: Fleet, person: MakePerson) -> Person:
    return person("operator")


@pytest.fixture
def drive(operator: Person, monkeypatch: pytest.MonkeyPatch) -> Drive:
    """Workers of this process, with the kinds in memory; none of them rests before it tries again."""
    made = Drive(operator)
    monkeypatch.setattr(registry, "_kinds", {kind.name: kind for kind in (Easy(made.world), Risky(made.world))})
    monkeypatch.setattr(runner, "beating", without_a_heart)
    monkeypatch.setattr(stepping, "pause_before", lambda attempt: 0.0)
    return made
