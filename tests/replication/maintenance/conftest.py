"""A real shard, as it should be before and after."""

from collections.abc import Iterator

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from tests.replication.maintenance.carrying import SHARD, ready


@pytest.fixture
def shard(live_fleet: Fleet) -> Iterator[str]:
    with tenant_context(live_fleet):
        ready()
        yield SHARD
        ready()
