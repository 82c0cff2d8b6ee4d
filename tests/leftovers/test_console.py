"""What is left behind in the control database and in front of a shard, and what the console keeps of it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.selectors import snapshot
from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet
from novaops.inventory.selectors import pool_of, target
from novaops.inventory.targets import Target
from novaops.operations.models import Operation, OperationLock
from shards.clients.pgbouncer import PgBouncer
from shards.leftovers.control import control_leftovers
from shards.leftovers.leftover import Leftover
from shards.leftovers.models import SeenLeftover
from shards.leftovers.remembering import forget, keep_leftovers, remember
from shards.leftovers.selectors import stored
from shards.leftovers.sorts import Sort
from shards.leftovers.traces import LeftoversFacts, SlotTrace
from shards.placement.facts import TenantOnShard, TenantsFacts
from tests.leftovers.conftest import SHARD, Find, Remove
from tests.leftovers.tenants import place


def operation(status: str, **more: object) -> Operation:
    return Operation.objects.create(
        kind="move", title="Move acme.", risk="high", reason="To see.", requested_by_name="ada", status=status, **more
    )


def test_locks_of_ended_operations_lapsed_leases_and_long_rests(in_fleet: Fleet) -> None:
    now = timezone.now()
    ended = operation("done", ended_at=now - timedelta(hours=1))
    lapsed = operation("running", lease_until=now - timedelta(hours=1), started_at=now)
    resting = operation("paused", started_at=now - timedelta(hours=9))
    young = operation("paused", started_at=now)
    for number, one in enumerate((ended, lapsed, resting, young)):
        OperationLock.objects.create(scope="shard", name=f"shard-{number}", operation=one)
    found = {one.sort: one for one in control_leftovers(now)}
    assert set(found) == {Sort.LOCK, Sort.LEASE, Sort.RESTING}
    assert found[Sort.LOCK].name == "shard:shard-0" and found[Sort.LOCK].removable
    assert found[Sort.LEASE].operation == lapsed.pk and not found[Sort.LEASE].removable
    assert found[Sort.RESTING].name == resting.subject and "keeps shard:shard-2" in found[Sort.RESTING].sentence


def test_a_rest_counts_from_its_record(in_fleet: Fleet) -> None:
    resting = operation("paused", started_at=timezone.now() - timedelta(hours=9))
    OperationLock.objects.create(scope="shard", name="shard-1", operation=resting)
    record("operation paused", resting.subject, actor=Actor.automatic("tests"))
    assert control_leftovers(timezone.now()) == ()


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_was_left_behind_is_freed(live_fleet: Fleet, remove: Remove) -> None:
    with tenant_context(live_fleet):
        ended = operation("failed", ended_at=timezone.now())
        OperationLock.objects.create(scope="shard", name=SHARD, operation=ended)
        (found,) = control_leftovers(timezone.now())
    done = remove(found)
    assert done.status == "done", done.outcome
    assert done.plan.confirm == f"control shard:{SHARD}"
    with tenant_context(live_fleet):
        assert not OperationLock.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_pool_that_nobody_will_resume(live_fleet: Fleet, find: Find, remove: Remove) -> None:
    with tenant_context(live_fleet):
        pool = pool_of(SHARD)
        bouncer = PgBouncer(pool)
        bouncer.pause("replica")
    try:
        found = find(pool.name)
        assert found and found.sort is Sort.POOL and found.database == "replica"
        done = remove(found)
        assert done.status == "done", done.outcome
        assert find(pool.name) is None
    finally:
        if any(one.paused for one in bouncer.report().databases):
            bouncer.resume("replica")


def leader(fleet: Fleet) -> Target:
    with tenant_context(fleet):
        return target("postgres", f"{SHARD}-a")


def told(*slots: str) -> LeftoversFacts:
    return LeftoversFacts(leads=True, slots=tuple(SlotTrace(name=one, kind="logical", held_bytes=9) for one in slots))


def test_what_was_first_seen_when_is_kept(live_fleet: Fleet) -> None:
    first, second = timezone.now() - timedelta(hours=2), timezone.now()
    member = leader(live_fleet)
    with tenant_context(live_fleet):
        keep_leftovers(member, told("old", "gone"), first, "leftovers")
        keep_leftovers(member, told("old", "new"), second, "leftovers")
        since = {one.name: one.since for one in stored(snapshot())}
    assert since == {"old": first, "new": second}


def test_a_standbys_answer_says_nothing(live_fleet: Fleet) -> None:
    member = leader(live_fleet)
    with tenant_context(live_fleet):
        keep_leftovers(member, told("old"), timezone.now(), "leftovers")
        keep_leftovers(member, LeftoversFacts(), timezone.now(), "leftovers")
        assert SeenLeftover.objects.count() == 1


def test_an_answer_replaces_only_what_the_same_question_found(live_fleet: Fleet) -> None:
    member, now = leader(live_fleet), timezone.now()
    tenants = TenantsFacts(leads=True, installed=True, tenants=tuple(TenantOnShard(tenant_id=x) for x in ("a", "b")))
    with tenant_context(live_fleet):
        place("a", SHARD)
        place("b", "shard-2")
        keep_leftovers(member, tenants, now, "tenants")
        keep_leftovers(member, told("old"), now, "leftovers")
        assert {one.name for one in stored(snapshot())} == {"b", "old"}
        keep_leftovers(member, told(), now, "leftovers")
        assert {one.name for one in stored(snapshot())} == {"b"}


def test_what_was_removed_is_forgotten_at_once(in_fleet: Fleet) -> None:
    one = Leftover(sort=Sort.SLOT, name="old", shard=SHARD, sentence="Nobody reads from it.")
    remember(SHARD, "leftovers", [one], timezone.now())
    forget(one.place)
    assert not SeenLeftover.objects.exists()
