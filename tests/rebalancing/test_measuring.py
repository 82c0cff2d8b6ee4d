"""What shards carry, asked of real ones."""

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from shards.placement.models import Isolation, Placement
from shards.rebalancing.facts import Opens, TenantLoad
from shards.rebalancing.kind_gather import gather
from shards.rebalancing.measuring import Load, live, rounded, steady
from tests.moves import two_shards

STREAM = two_shards.own_schema("measured_move", 72)


@pytest.mark.django_db(transaction=True)
def test_leaders_say_what_their_tenants_take_and_write(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet), two_shards.on_both(STREAM) as (here, _):
        here.execute("CREATE SCHEMA measured_move; CREATE TABLE measured_move.things (id bigint PRIMARY KEY)")
        here.execute("INSERT INTO measured_move.things SELECT generate_series(1, 5000)")
        here.execute("SELECT pg_stat_force_next_flush()")
        two_shards.enrol(here, STREAM)
        home = Shard.objects.get(name=two_shards.SENDER)
        Placement.objects.create(
            tenant_id=STREAM.tenant_id, name="Measured", isolation=Isolation.SCHEMA,
            schema_name=STREAM.schema_name, shard=home, since=timezone.now(),
        )  # fmt: skip
        Shard.objects.filter(name=two_shards.RECEIVER).update(state="draining")
        load = live()
        [tenant] = [one for one in load.tenants if one.tenant_id == STREAM.tenant_id]
        assert not load.problems and tenant.bytes > 5000 and tenant.writes_per_s > 0
        assert [one.opens for one in load.shards] == [Opens.BOTH_WAYS, Opens.OUT_ONLY]
        assert Placement.objects.get(tenant_id=STREAM.tenant_id).bytes == tenant.bytes, "kept beside the placement"
        assert gather(two_shards.SENDER, data_plane=True).problem == ""


@pytest.mark.django_db(transaction=True)
def test_a_shard_without_a_leader_is_named(fleet: Fleet) -> None:
    with tenant_context(fleet):
        Shard.objects.create(name="shard-9", cluster="shard-9", database="novacron")
        [(name, problem)] = live().problems
        assert name == "shard-9" and problem == "shard-9 has no member."


def test_a_plan_comes_out_the_same_while_tenants_write() -> None:
    assert rounded(123_456_789) == rounded(124_900_000) == 120_000_000
    one = TenantLoad("acme", "shard-1", 123_456_789, 1_234, 0.1234)
    assert steady(Load((), (one,))).tenants == (TenantLoad("acme", "shard-1", 120_000_000, 1_200, 0.12),)
