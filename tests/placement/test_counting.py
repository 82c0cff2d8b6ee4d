"""What a shard answers about its tenants is kept with their placements, and only there."""

from django.utils import timezone

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from novaops.inventory.targets import Target
from shards.placement import services
from shards.placement.counting import keep_counts
from shards.placement.facts import TenantOnShard, TenantsFacts
from shards.placement.models import Placement
from shards.placement.services import Newcomer

ANSWER = TenantsFacts(leads=True, installed=True, tenants=(TenantOnShard(tenant_id="acme", vms=7, bytes=9_000),))


def test_counts_are_kept_beside_the_placement(in_fleet: Fleet) -> None:
    Shard.objects.create(name="one", cluster="one", database="d")
    services.assign(Newcomer("acme", "Acme"))
    target = Target(server_id=1, kind="postgres", name="one-a", host="127.0.0.1", port=1, shard="one")
    keep_counts(target=target, facts=ANSWER, at=timezone.now())
    placed = Placement.objects.get()
    assert (placed.vms, placed.bytes, placed.counted_at is not None) == (7, 9_000, True)


def test_the_reading_that_every_page_loads_holds_no_tenants() -> None:
    assert "tenants" not in ANSWER.model_dump(mode="json")


def test_a_tenant_that_only_has_rows_there_does_not_live_there() -> None:
    several = (("here", "open"), ("comes", "arriving"), ("gone", "away"))
    facts = TenantsFacts(tenants=tuple(TenantOnShard(tenant_id=one, vms=3, gate=gate) for one, gate in several))
    assert [tenant.tenant_id for tenant in facts.living] == ["here"] and facts.vms == 3
