"""A fleet with two shards that answered just now."""

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from tests.views.fleet_rows import add_shard


@pytest.fixture
def seen_fleet(fleet: Fleet) -> Fleet:
    """The `fleet` fixture, with shard-1 and shard-2 as a collector would have left them."""
    with tenant_context(fleet):
        add_shard("shard-1", 5100, timezone.now())
        add_shard("shard-2", 5200, timezone.now())
    return fleet
