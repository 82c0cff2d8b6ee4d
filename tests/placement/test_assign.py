"""Giving a tenant its place."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard, ShardState
from shards.placement import selectors, services
from shards.placement.models import Placement, PlacementChange
from shards.placement.problems import NoShardLeft
from shards.placement.services import Assignment, Count, Newcomer

CALLERS = 64


@pytest.fixture
def three_shards(in_fleet: Fleet) -> Fleet:
    for name, weight in (("one", 100), ("two", 100), ("three", 200)):
        Shard.objects.create(name=name, cluster=name, database="d", weight=weight)
    return in_fleet


def test_an_assignment_is_kept_and_recorded(three_shards: Fleet) -> None:
    first = services.assign(Newcomer("acme", "Acme"))
    again = services.assign(Newcomer("acme", "Another name"))
    assert (first.made, again.made) == (True, False)
    assert (again.shard, again.epoch) == (first.shard, 1)
    assert [change.shard.name for change in selectors.history("acme")] == [first.shard]


@pytest.mark.django_db(transaction=True)
def test_many_callers_get_one_answer(three_shards: Fleet) -> None:
    def call(number: int) -> Assignment:
        try:
            with tenant_context(three_shards):
                return services.assign(Newcomer("acme", f"Acme, says caller {number}"))
        finally:
            connection.close()

    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(call, range(CALLERS)))
    assert len({(answer.shard, answer.epoch) for answer in answers}) == 1
    assert sum(answer.made for answer in answers) == 1
    assert (Placement.objects.count(), PlacementChange.objects.count()) == (1, 1)


def test_only_active_shards_take_new_tenants(three_shards: Fleet) -> None:
    Shard.objects.exclude(name="two").update(state=ShardState.DRAINING)
    assert {services.assign(Newcomer(f"t{n}", "T")).shard for n in range(20)} == {"two"}


def test_a_tenant_stays_on_a_shard_that_is_closed_since(three_shards: Fleet) -> None:
    placed = services.assign(Newcomer("acme", "Acme"))
    Shard.objects.update(state=ShardState.OFFLINE)
    assert services.assign(Newcomer("acme", "Acme")).shard == placed.shard
    with pytest.raises(NoShardLeft, match="No shard takes new tenants"):
        services.assign(Newcomer("other", "Other"))


def test_thousands_are_spread_by_the_weights(three_shards: Fleet) -> None:
    placed = services.assign_all([Newcomer(f"tenant-{n}", "T") for n in range(2_000)], "many")
    found = Counter(one.shard for one in placed)
    for name, weight in (("one", 100), ("two", 100), ("three", 200)):
        assert abs(found[name] / (2_000 * weight / 400) - 1) < 0.05
    assert all(one.made for one in placed)


@pytest.mark.django_db(transaction=True)
def test_many_that_come_at_once_are_spread_too(three_shards: Fleet) -> None:
    def call(number: int) -> Assignment:
        try:
            with tenant_context(three_shards):
                return services.assign(Newcomer(f"tenant-{number}", "T"))
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        found = Counter(answer.shard for answer in pool.map(call, range(CALLERS)))
    assert found == {"one": 16, "two": 16, "three": 32}


def test_the_least_full_shard_is_chosen(three_shards: Fleet) -> None:
    """By bytes for its weight; tenants that are small yet count as much as the mean of all."""
    for number, (name, size) in enumerate((("one", 50), ("two", 900), ("three", 1_000))):
        shard = Shard.objects.get(name=name)
        Placement.objects.create(tenant_id=f"old-{number}", shard=shard, bytes=size, since=timezone.now())
    assert services.assign(Newcomer("acme", "Acme")).shard == "three", "650 of 100, 900 of 100, 1,000 of 200"
    assert services.assign(Newcomer("birch", "Birch")).shard == "one"


def test_the_list_searches_sorts_and_filters(three_shards: Fleet) -> None:
    for name in ("Amber Cargo", "Birch Cargo", "Cedar Labs"):
        services.assign(Newcomer(name.lower().replace(" ", "-"), name))
    now = timezone.now()
    for shard in Shard.objects.all():
        counts = [Count("birch-cargo", 7, 700), Count("cedar-labs", 9, 90), Count("elsewhere", 1, 1)]
        services.record_counts(shard.name, counts, now)
        services.record_counts(shard.name, [Count("birch-cargo", 1, 1)], now - timedelta(minutes=1))
    assert [one.tenant_id for one in selectors.placements(search="CARGO")] == ["amber-cargo", "birch-cargo"]
    by_vms = [(one.tenant_id, one.vms) for one in selectors.placements(sort="vms")]
    assert by_vms == [("cedar-labs", 9), ("birch-cargo", 7), ("amber-cargo", None)]
    assert sum(load.tenants for load in selectors.loads().values()) == 3


def test_fleets_do_not_see_each_other(three_shards: Fleet, other_fleet: Fleet) -> None:
    services.assign(Newcomer("acme", "Acme"))
    with tenant_context(other_fleet):
        assert selectors.placement("acme") is None
