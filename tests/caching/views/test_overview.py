"""The page about both tiers."""

from collections.abc import Callable

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Server
from novaops.inventory.services import take_out
from tests.caching.views.conftest import SignIn


def test_every_value_is_there_with_its_age_and_the_dead_node_with_its_cause(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("operator").get(f"/fleets/{cached.slug}/caches/").content.decode()
    assert "75\u00a0%" in page  # 270 hits of 360 reads
    assert "4,321" in page and "sampled" in page
    assert "connection refused" in page and "the last that it gave" in page
    assert "redis-2: slots 8192 to 16383 (8,192)" in page
    assert 'class="age is-old"' in page
    assert "operations/new/cache-flush/?family=vm" in page
    assert f"/fleets/{cached.slug}/caches/nodes/redis/redis-1/" in page


def test_what_misses_cost_and_changes_make(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/").content.decode()
    assert "costs the database <strong>2/s</strong>" in page  # 90 loads in 45 seconds
    assert "Changes make <strong>1/s</strong>" in page and f"/fleets/{cached.slug}/change-stream/" in page


def test_who_may_not_flush_sees_no_button(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/")
    assert page.status_code == 200
    assert "cache-flush" not in page.content.decode()
    assert client_as("viewer").get(f"/fleets/{cached.slug}/operations/new/cache-flush/").status_code == 403


@pytest.mark.parametrize("span", ["", "?span=6h", "?span=24h", "?span=nonsense"])
def test_each_span_answers_in_few_queries(
    cached: Fleet, client_as: SignIn, span: str, django_assert_max_num_queries: Callable[..., object]
) -> None:
    viewer = client_as("viewer")
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        assert viewer.get(f"/fleets/{cached.slug}/caches/{span}").status_code == 200


def test_an_empty_fleet_has_a_page_too(fleet: Fleet, client_as: SignIn) -> None:
    assert "No Redis node is registered" in client_as("viewer").get(f"/fleets/{fleet.slug}/caches/").content.decode()


def test_the_anonymous_signs_in(cached: Fleet, client: Client) -> None:
    assert client.get(f"/fleets/{cached.slug}/caches/").status_code == 302


KINDS = ("cache-hide", "cache-flush", "cache-warm", "memcached-out", "memcached-in")
CLUSTER_KINDS = ("redis-failover", "redis-move-slots", "redis-add-node", "redis-remove-node")


def test_every_change_is_linked_and_has_its_form(cached: Fleet, client_as: SignIn) -> None:
    operator = client_as("operator")
    page = operator.get(f"/fleets/{cached.slug}/caches/").content.decode()
    for kind in (*KINDS, *CLUSTER_KINDS):
        path = f"/fleets/{cached.slug}/operations/new/{kind}/"
        assert path in page
        assert operator.get(path).status_code == 200
        assert client_as("viewer").get(path).status_code == 403


def test_a_server_that_is_left_out_says_so(cached: Fleet, client_as: SignIn) -> None:
    with tenant_context(cached):
        name = Server.objects.filter(kind="memcached", present=True).values_list("name", flat=True)[0]
        assert take_out("memcached", name, True) and not take_out("memcached", name, True)
    assert "left out" in client_as("viewer").get(f"/fleets/{cached.slug}/caches/").content.decode()
