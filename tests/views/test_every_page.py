"""What holds for each of these pages: who may see it, by which method, and that it never needs a value to be there."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Server, Shard
from shards.placement.models import Placement
from tests.views.fleet_rows import add_shard

ClientAs = Callable[..., Client]
PAGES = [
    "",
    "shards/",
    "shards/shard-1/",
    "replication/",
    "replication/members/shard-1-a/",
    "replication/pools/",
    "replication/pools/shard-1-pool/",
    "replication/etcd/",
    "replication/history/",
    "tenants/",
    "tenants/acme/",
    "leftovers/",
    "servers/postgres/shard-1-a/",
    "servers/pgbouncer/shard-1-pool/",
]
ALWAYS_THERE = [
    "",
    "shards/",
    "replication/",
    "replication/pools/",
    "replication/etcd/",
    "replication/history/",
    "tenants/",
    "leftovers/",
]


@pytest.fixture
def placed(seen_fleet: Fleet) -> Fleet:
    with tenant_context(seen_fleet):
        shard = Shard.objects.get(name="shard-1")
        Placement.objects.create(tenant_id="acme", name="Acme", shard=shard, since=timezone.now())
    return seen_fleet


@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_reads_it(placed: Fleet, client_as: ClientAs, page: str) -> None:
    answer = client_as("viewer").get(f"/fleets/{placed.slug}/{page}")
    assert answer.status_code == 200
    assert "data-live=" in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_only_reading_is_possible(placed: Fleet, client_as: ClientAs, page: str) -> None:
    assert client_as("admin").post(f"/fleets/{placed.slug}/{page}").status_code == 405


@pytest.mark.parametrize("page", PAGES)
def test_a_member_of_another_fleet_finds_nothing(
    placed: Fleet, other_fleet: Fleet, client_as: ClientAs, page: str
) -> None:
    stranger = client_as("admin", fleet=other_fleet)
    assert stranger.get(f"/fleets/{placed.slug}/{page}").status_code == 404
    there = stranger.get(f"/fleets/{other_fleet.slug}/{page}")
    assert there.status_code == (200 if page in ALWAYS_THERE else 404)
    assert "shard-1" not in there.text


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_signed_in_is_asked_to(placed: Fleet, client: Client, page: str) -> None:
    answer = client.get(f"/fleets/{placed.slug}/{page}")
    assert answer.status_code == 302 and "/login" in answer["Location"]


@pytest.mark.parametrize("page", ALWAYS_THERE)
def test_an_empty_fleet_has_pages_that_say_so(fleet: Fleet, client_as: ClientAs, page: str) -> None:
    answer = client_as("viewer").get(f"/fleets/{fleet.slug}/{page}")
    assert answer.status_code == 200
    assert "No " in answer.text or "no " in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_servers_that_were_never_asked_are_no_error(placed: Fleet, client_as: ClientAs, page: str) -> None:
    with tenant_context(placed):
        for server in Server.objects.all():
            server.readings.all().delete()
            server.samples.all().delete()
    assert client_as("operator").get(f"/fleets/{placed.slug}/{page}").status_code == 200


@pytest.mark.parametrize(
    "page",
    ["", "shards/", "replication/", "replication/pools/", "replication/etcd/", "replication/history/", "tenants/"],
)
def test_more_shards_do_not_mean_more_queries(placed: Fleet, client_as: ClientAs, page: str) -> None:
    client, address = client_as("operator"), f"/fleets/{placed.slug}/{page}"
    client.get(address)
    with CaptureQueriesContext(connection) as before:
        client.get(address)
    with tenant_context(placed):
        for number in range(3, 7):
            add_shard(f"shard-{number}", 5000 + 100 * number, timezone.now())
    with CaptureQueriesContext(connection) as after:
        assert client.get(address).status_code == 200
    assert len(after) == len(before)
    assert len(after) <= 25
