"""The page of a rebalance, from what was counted last."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from shards.placement.models import Placement

SignIn = Callable[..., Client]
MB = 1_000_000


@pytest.fixture(autouse=True)
def _fleet(in_fleet: Fleet) -> None:
    """All ten tenants on shard-1."""
    for number in (1, 2):
        Shard.objects.create(name=f"shard-{number}", cluster=f"shard-{number}", database="novacron")
    home = Shard.objects.get(name="shard-1")
    for number in range(10):
        Placement.objects.create(
            tenant_id=f"t{number}", name=f"T{number}", shard=home, bytes=(10 + number) * MB, vms=number,
            since=timezone.now(), counted_at=timezone.now(),
        )  # fmt: skip


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/fleets/alpha/rebalance/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_is_carried_and_who_would_move_and_why(client_as: SignIn) -> None:
    text = page(client_as("operator"))
    assert "shard-1 carries 100.0 % more than its share" in text and "Skew after" in text
    asked = page(
        client_as("operator"), "?measure=vms&skew_percent=5&at_once=3&time_zone=UTC&most_moves=2&way_back_hours=1"
    )
    assert "the limit leaves them out" in asked
    assert "operations/new/rebalance/?measure=vms&amp;skew_percent=5" in asked
    viewed = page(client_as("viewer"))
    assert "carries 100.0" in viewed and "Request this rebalance" not in viewed


def test_what_cannot_be_planned_is_said(client_as: SignIn) -> None:
    base = "?measure=bytes&skew_percent=5&at_once=3&time_zone=UTC&most_moves=2&way_back_hours=1"
    reader = client_as("viewer")
    assert "no shard of this fleet" in page(reader, f"{base}&pins=t1%3Dshard-9")
    assert "A pin is written as tenant=shard" in page(reader, f"{base}&pins=t1")
    assert "Nobody has to move" in page(reader, base.replace("skew_percent=5", "skew_percent=300"))
