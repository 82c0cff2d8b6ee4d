"""A node's page."""

from django_tenants.utils import tenant_context

from metrics.contract import State
from metrics.models import Reading
from novaops.fleets.models import Fleet
from tests.caching.views.conftest import SignIn


def test_a_primary_with_its_replica(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/nodes/redis/redis-1/").text
    assert "redis-3" in page and "10\u00a0B behind" in page
    assert "8,192" in page and "1.6\u00a0%" in page  # slots; memory of its limit


def test_a_replica_says_whom_it_follows(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/nodes/redis/redis-3/").text
    assert "follows redis-1" in page and "a replica is not read" in page


def test_a_dead_node_keeps_its_last_values_with_the_cause(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/nodes/redis/redis-2/").text
    assert "connection refused" in page and "1,200" in page and 'class="age is-old"' in page


def test_a_node_that_never_answered(cached: Fleet, client_as: SignIn) -> None:
    with tenant_context(cached):
        Reading.objects.filter(server__name="redis-2").update(state=State.UNREACHABLE, good_at=None)
    assert "It never answered" in client_as("viewer").get(f"/fleets/{cached.slug}/caches/nodes/redis/redis-2/").text


def test_a_memcached_with_its_slabs(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/nodes/memcached/memcached-1/").text
    assert "5.86\u00a0KiB hold nothing" in page and "Slab classes" in page
