"""A real shard, as it should be before and after, and who acts on it."""

from collections.abc import Callable, Iterator

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Person
from tests.replication.maintenance.carrying import SHARD, ready


@pytest.fixture
def shard(live_fleet: Fleet) -> Iterator[str]:
    with tenant_context(live_fleet):
        ready()
        yield SHARD
        ready()


@pytest.fixture
def operator(person: Callable[..., Person]) -> Person:
    return person("operator")


@pytest.fixture
def approver(person: Callable[..., Person]) -> Person:
    return person("approver")
