"""The list of tenants, for many thousands of them."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from shards.placement.models import Placement, PlacementChange

ClientAs = Callable[..., Client]
MANY = 5_000


@pytest.fixture
def many(fleet: Fleet) -> Fleet:
    """5,000 tenants over two shards; tenant-00042 is the largest, and one was never counted."""
    now = timezone.now()
    with tenant_context(fleet):
        shards = [Shard.objects.create(name=f"shard-{n}", cluster=f"shard-{n}", database="novacron") for n in (1, 2)]
        Placement.objects.bulk_create(
            Placement(
                tenant_id=f"tenant-{number:05}",
                name=f"Company {number}",
                isolation="schema" if number % 100 == 0 else "rows",
                shard=shards[number % 2],
                since=now,
                vms=None if number == 7 else 100_000 if number == 42 else number,
                bytes=number * 1024,
                counted_at=now,
            )
            for number in range(MANY)
        )
    return fleet


def rows(page: str) -> list[str]:
    return [part.split('"', 1)[0].strip("/") for part in page.split("/tenants/")[1:] if part.startswith("tenant-")]


def test_search_filter_and_sort(many: Fleet, client_as: ClientAs) -> None:
    client, address = client_as("viewer"), f"/fleets/{many.slug}/tenants/"
    assert rows(client.get(address).text)[:2] == ["tenant-00000", "tenant-00001"]
    assert rows(client.get(f"{address}?sort=-tenant").text)[0] == "tenant-04999"
    assert rows(client.get(f"{address}?sort=-vms").text)[0] == "tenant-00042"
    assert rows(client.get(f"{address}?sort=-bytes").text)[0] == "tenant-04999"
    assert rows(client.get(f"{address}?q=COMPANY+4321").text) == ["tenant-04321"]
    found = client.get(f"{address}?shard=shard-2&isolation=rows").text
    assert rows(found)[0] == "tenant-00001" and "2,500 tenants" in found
    assert "No tenant matches" in client.get(f"{address}?q=zzz").text


def test_what_nobody_wrote_that_way_is_no_error(many: Fleet, client_as: ClientAs) -> None:
    client, address = client_as("viewer"), f"/fleets/{many.slug}/tenants/"
    for query in ("page=9999", "page=x", "sort=drop", "shard=none", "isolation=', ''", "q=%25%27%00"):
        assert client.get(f"{address}?{query}").status_code == 200, query


@pytest.mark.parametrize("query", ["", "sort=-vms", "page=99", "q=company&sort=-since", "shard=shard-1"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_tenants(
    many: Fleet, client_as: ClientAs, query: str
) -> None:
    client = client_as("viewer")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/fleets/{many.slug}/tenants/?{query}").status_code == 200
    assert len([one for one in queries if "placement" in one["sql"]]) == 2
    assert len(queries) <= 14


def test_a_tenant_has_its_place_and_its_history(many: Fleet, client_as: ClientAs) -> None:
    with tenant_context(many):
        shard = Shard.objects.get(name="shard-2")
        for epoch, reason in ((1, "first assignment"), (2, "rebalancing")):
            PlacementChange.objects.create(
                tenant_id="tenant-00001", epoch=epoch, shard=shard, at=timezone.now(), reason=reason
            )
    page = client_as("viewer").get(f"/fleets/{many.slug}/tenants/tenant-00001/").text
    assert "Company 1" in page and "shard-2" in page
    assert page.index("rebalancing") < page.index("first assignment")
    assert client_as("viewer").get(f"/fleets/{many.slug}/tenants/nobody/").status_code == 404


def test_a_tenant_may_be_named_as_it_likes(many: Fleet, client_as: ClientAs) -> None:
    name = "acme/eu <b>& söhne?"
    with tenant_context(many):
        shard = Shard.objects.get(name="shard-1")
        Placement.objects.create(tenant_id=name, name="", shard=shard, since=timezone.now())
    client = client_as("viewer")
    listed = client.get(f"/fleets/{many.slug}/tenants/?q=acme").text
    assert "acme/eu &lt;b&gt;&amp; söhne?" in listed
    address = f"/fleets/{many.slug}/tenants/acme/eu%20%3Cb%3E&amp;%20s%C3%B6hne%3F/"
    assert address in listed
    assert client.get(address.replace("&amp;", "&")).status_code == 200
