"""What holds for each page about caches that reads what is stored."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from caching.clients.redis_replies import RedisInfo, SlotRange
from caching.facts import RedisFacts
from novaops.fleets.models import Fleet
from tests.caching.views.conftest import SignIn, reading, server

ALWAYS_THERE = [
    "",
    "tiers/l1/",
    "tiers/l2/",
    "families/vm/",
    "families/session/",
    "families/qr/",
    "tenants/",
]
NODES = ["redis/redis-1/", "redis/redis-2/", "redis/redis-3/", "memcached/memcached-1/"]
PAGES = [*ALWAYS_THERE, "tenants/acme/", *(f"nodes/{node}" for node in NODES)]
NO_NODES = ["redis/nobody/", "postgres/shard-1-a/", "memcached/redis-1/"]
UNKNOWN = ["tiers/l3/", "tenants/nobody/", "families/nothing/", *(f"nodes/{node}" for node in NO_NODES)]


@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_reads_it_in_few_queries(
    cached: Fleet, client_as: SignIn, page: str, django_assert_max_num_queries: Callable[..., object]
) -> None:
    viewer = client_as("viewer")
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        answer = viewer.get(f"/fleets/{cached.slug}/caches/{page}")
    assert answer.status_code == 200 and "data-live=" in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_only_reading_is_possible(cached: Fleet, client_as: SignIn, page: str) -> None:
    assert client_as("admin").post(f"/fleets/{cached.slug}/caches/{page}").status_code == 405


@pytest.mark.parametrize("page", PAGES)
def test_a_member_of_another_fleet_finds_nothing(
    cached: Fleet, other_fleet: Fleet, client_as: SignIn, page: str
) -> None:
    stranger = client_as("admin", fleet=other_fleet)
    assert stranger.get(f"/fleets/{cached.slug}/caches/{page}").status_code == 404
    assert stranger.get(f"/fleets/{other_fleet.slug}/caches/{page}").status_code == (
        200 if page in ALWAYS_THERE else 404
    )


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_signed_in_is_asked_to(cached: Fleet, client: Client, page: str) -> None:
    assert client.get(f"/fleets/{cached.slug}/caches/{page}").status_code == 302


@pytest.mark.parametrize("page", UNKNOWN)
def test_what_is_not_there_is_no_page(cached: Fleet, client_as: SignIn, page: str) -> None:
    assert client_as("viewer").get(f"/fleets/{cached.slug}/caches/{page}").status_code == 404


@pytest.mark.parametrize("page", ["", "tiers/l1/", "nodes/redis/redis-1/"])
def test_more_nodes_do_not_mean_more_queries(cached: Fleet, client_as: SignIn, page: str) -> None:
    client, address = client_as("viewer"), f"/fleets/{cached.slug}/caches/{page}"
    client.get(address)
    with CaptureQueriesContext(connection) as before:
        client.get(address)
    with tenant_context(cached):
        for number in range(4, 9):
            one = server("redis", f"redis-{number}", 10 + number)
            info = RedisInfo(version="7.0", role="master")
            reading(one, "redis", RedisFacts(info=info, slots=(SlotRange(first=number, last=number),)))
    with CaptureQueriesContext(connection) as after:
        assert client.get(address).status_code == 200
    assert len(after) == len(before)


@pytest.mark.parametrize("span", ["?span=6h", "?span=24h", "?span=nonsense"])
@pytest.mark.parametrize("page", ["tiers/l1/", "families/vm/", "tenants/acme/", "nodes/redis/redis-1/"])
def test_each_span_answers(cached: Fleet, client_as: SignIn, page: str, span: str) -> None:
    assert client_as("viewer").get(f"/fleets/{cached.slug}/caches/{page}{span}").status_code == 200
