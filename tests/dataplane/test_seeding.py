"""The demo's data: who there is (pure), and that all of it arrives on real shards."""

from datetime import datetime

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from shards.dataplane import everywhere, migrations, migrator, status
from shards.dataplane.addresses import ShardDatabase, leader
from shards.dataplane.seeding import plan, rows, service
from shards.placement.models import Placement


def test_tenants_are_very_unequal_and_add_up() -> None:
    tenants = plan.tenants(240, 50_000)
    sizes = [tenant.vms for tenant in tenants]
    assert len({tenant.tenant_id for tenant in tenants}) == 240
    assert sum(sizes) == 50_000
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 5_000 and sizes[-1] >= 1
    assert sum(1 for tenant in tenants if tenant.schema_name) == 10


def test_the_same_tenant_owns_the_same_things() -> None:
    tenant, today = plan.tenants(20, 500)[3], datetime.fromisoformat("2026-03-01T00:00:00+00:00")
    assert rows.possessions(tenant, today) == rows.possessions(tenant, today)


@pytest.mark.django_db(transaction=True)
def test_everything_arrives_once(live_fleet: Fleet, empty_shards: tuple[ShardDatabase, ...]) -> None:
    wanted = migrations.load()
    everywhere.on_each(empty_shards, lambda shard: migrator.migrate(shard, wanted, lambda _: None))
    with tenant_context(live_fleet):
        loaded = service.seed(empty_shards, 30, 1_500, 2, timezone.now())
        assert Placement.objects.count() == 30
        assert not any(each.tenants for each in service.seed(empty_shards, 30, 1_500, 2, timezone.now()).values())
    assert sum(each.tenants for each in loaded.values()) == 30
    assert sum(each.vms for each in loaded.values()) == 1_500
    for shard in empty_shards:
        assert status.read(shard, wanted).well
        check_counts(shard, loaded[shard.shard].tenants)


def check_counts(shard: ShardDatabase, tenants: int) -> None:
    """No default partition of any schema holds a row, every VM has its hot and cold row, hours were rolled up."""
    with leader(shard, "tests") as connection:
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM vms), (SELECT count(*) FROM vms_hot),"
            " (SELECT count(*) FROM vms_cold), (SELECT count(*) > 0 FROM vm_metrics_hourly)"
        ).fetchone()
        defaults = connection.execute(
            "SELECT partdefid::regclass::text FROM pg_partitioned_table WHERE partdefid <> 0"
        ).fetchall()
        strays = [
            name for (name,) in defaults if connection.execute(f"SELECT 1 FROM {name} LIMIT 1".encode()).fetchone()
        ]
    assert counts
    found, vms, hot, cold, rolled_up = counts
    assert defaults and not strays
    assert (found, rolled_up) == (tenants, True)
    assert vms == hot == cold > 0
