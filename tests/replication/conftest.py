"""Who acts on a shard."""

import pytest

from novaops.fleets.models import Person
from tests.conftest import MakePerson


@pytest.fixture
def operator(person: MakePerson) -> Person:
    return person("operator")


@pytest.fixture
def approver(person: MakePerson) -> Person:
    return person("approver")
