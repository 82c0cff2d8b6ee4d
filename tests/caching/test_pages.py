"""The caches page, from what a collector stored. No server is there that it could ask."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from caching.clients.memcached_replies import MemcachedStats
from caching.clients.redis_replies import RedisInfo, SlotRange
from caching.facts import FamilyKeys, FamilyKeysFacts, MemcachedFacts, RedisFacts
from metrics.contract import Facts, State
from metrics.models import Reading, Sample
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server

SignIn = Callable[..., Client]


def reading(server: Server, probe: str, facts: Facts, state: State = State.OK, **more: object) -> None:
    now = timezone.now()
    known = {"checked_at": now, "good_at": now, "state_since": now, "due_at": now, **more}
    Reading.objects.create(server=server, probe=probe, facts=facts.model_dump(mode="json"), state=state, **known)


def server(kind: str, name: str, port: int) -> Server:
    return Server.objects.create(kind=kind, name=name, host="192.0.2.1", port=port)


@pytest.fixture
def cached(fleet: Fleet) -> Fleet:
    """One primary that answers, one that stopped 5 minutes ago, one Memcached; an address that nothing answers at."""
    now, half = timezone.now(), (SlotRange(first=0, last=8191), SlotRange(first=8192, last=16383))
    info = RedisInfo(version="7.0", role="master", keys=1200, memory_bytes=1 << 20, memory_limit_bytes=1 << 26)
    with tenant_context(fleet):
        first, dead = server("redis", "redis-1", 1), server("redis", "redis-2", 2)
        reading(first, "redis", RedisFacts(info=info, node_id="a", slots=half[:1]))
        counts = FamilyKeysFacts(families=(FamilyKeys(family="vm", keys=4321),), sampled=20_000, total=50_000)
        reading(first, "redis-keys", counts)
        gone = {"good_at": now - timedelta(minutes=5), "cause": "Nothing listens there (connection refused)."}
        reading(dead, "redis", RedisFacts(info=info, node_id="b", slots=half[1:]), State.UNREACHABLE, **gone)
        stats = MemcachedStats(version="1.6.18", items=77, bytes=1024, limit_bytes=1 << 26)
        reading(server("memcached", "memcached-1", 3), "memcached", MemcachedFacts(stats=stats))
        for number in range(10):
            values = {"vm:hits_total": 100.0 + 30 * number, "vm:misses_total": 10.0 + 10 * number}
            at = now - timedelta(seconds=60 - 5 * number)
            Sample.objects.create(server=first, probe="families", at=at, values=values)
    return fleet


def test_every_value_is_there_with_its_age_and_the_dead_node_with_its_cause(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("operator").get(f"/fleets/{cached.slug}/caches/").content.decode()
    assert "75\u00a0%" in page  # 270 hits of 360 reads
    assert "4,321" in page and "sampled" in page
    assert "connection refused" in page and "the last that it gave" in page
    assert "redis-2: slots 8192 to 16383 (8,192)" in page
    assert 'class="age is-old"' in page
    assert "operations/new/cache-flush/?family=vm" in page


def test_who_may_not_flush_sees_no_button(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/")
    assert page.status_code == 200
    assert "cache-flush" not in page.content.decode()
    assert client_as("viewer").get(f"/fleets/{cached.slug}/operations/new/cache-flush/").status_code == 403


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


@pytest.mark.parametrize("span", ["", "?span=6h", "?span=24h", "?span=nonsense"])
def test_each_span_answers_in_few_queries(
    cached: Fleet, client_as: SignIn, span: str, django_assert_max_num_queries: Callable[..., object]
) -> None:
    viewer = client_as("viewer")
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        assert viewer.get(f"/fleets/{cached.slug}/caches/{span}").status_code == 200


def test_an_empty_fleet_has_a_page_too(fleet: Fleet, client_as: SignIn) -> None:
    assert "No Redis node is registered" in client_as("viewer").get(f"/fleets/{fleet.slug}/caches/").content.decode()


def test_only_reading(cached: Fleet, client_as: SignIn) -> None:
    assert client_as("operator").post(f"/fleets/{cached.slug}/caches/").status_code == 405


def test_another_fleet_does_not_exist_and_the_anonymous_signs_in(
    cached: Fleet, other_fleet: Fleet, client_as: SignIn, client: Client
) -> None:
    assert client_as("operator").get(f"/fleets/{other_fleet.slug}/caches/").status_code == 404
    assert client.get(f"/fleets/{cached.slug}/caches/").status_code == 302
