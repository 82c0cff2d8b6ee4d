"""A router that goes through the real pools, with databases of the tests' own left out: it reads what the fleet has."""

from collections.abc import Iterator

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.selectors import shards
from shards.placement.console_router import pool_address
from shards.placement.places import PoolAddress


@pytest.fixture
def pools(live_fleet: Fleet) -> Iterator[dict[str, PoolAddress]]:
    with tenant_context(live_fleet):
        yield {shard.name: pool_address(shard.name) for shard in shards()}
