"""A tenant that nobody can write for is a finding, unless something is under way with it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from metrics.contract import Severity, Snapshot
from novaops.fleets.models import Fleet
from novaops.inventory.targets import Target
from novaops.operations.models import OperationLock
from shards.placement.counting import keep_counts
from shards.placement.facts import TenantOnShard, TenantsFacts
from shards.placement.findings import PATIENCE, gates
from shards.placement.models import Placement
from tests.moves.operations import done_move
from tests.rebalancing.book import fill, place

NOTHING = Snapshot(at=timezone.now(), cycle_seconds=10.0)


@pytest.fixture
def shut(in_fleet: Fleet) -> None:
    """acme is placed on shard-1, which has seen it go; blue is expected on shard-1, and lives elsewhere."""
    fill(0)
    place("acme", 1)
    place("blue", 1, "shard-2")
    tell(acme="away", blue="arriving")


def tell(**told: str) -> None:
    target = Target(server_id=1, kind="postgres", name="shard-1-a", host="127.0.0.1", port=1, shard="shard-1")
    tenants = tuple(TenantOnShard(tenant_id=name, gate=gate) for name, gate in told.items())
    keep_counts(target=target, facts=TenantsFacts(leads=True, installed=True, tenants=tenants), at=timezone.now())


@pytest.mark.usefixtures("shut")
def test_a_gate_that_is_shut_where_the_tenant_is_placed_is_told_after_a_while() -> None:
    now = timezone.now()
    assert list(gates(NOTHING, now)) == []
    [found] = gates(NOTHING, now + PATIENCE)
    assert (found.subject, found.severity) == ("acme", Severity.CRITICAL) and "its gate is away" in found.sentence
    since = Placement.objects.get(tenant_id="acme").gate_since
    tell(acme="away")
    assert Placement.objects.get(tenant_id="acme").gate_since == since
    tell(acme="open")
    assert list(gates(NOTHING, now + PATIENCE)) == []


@pytest.mark.usefixtures("shut")
def test_while_an_operation_has_the_tenant_it_is_its_own_affair() -> None:
    moving = done_move("acme", "shard-1", "shard-2", status="running")
    OperationLock.objects.create(operation=moving, scope="tenant", name="acme")
    assert list(gates(NOTHING, timezone.now() + PATIENCE + timedelta(hours=1))) == []
