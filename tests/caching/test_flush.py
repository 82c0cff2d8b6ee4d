"""A flush through the real runner, on real servers."""

import time
from collections.abc import Iterator
from functools import partial
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from caching.clients.redis import RedisNode
from caching.clients.redis_replies import ClusterNode
from caching.console_tiers import tiers_of
from caching.flush.hiding import hide
from caching.flush.pace import Pace
from caching.flush.scope import of_family
from caching.flush.topology import Primary, primaries
from caching.flush.unlinking import Errand, unlink_everywhere
from caching.flush.walk import Tally, Wanted, node_of, unlink
from caching.flush.walking import unlink_all
from caching.library.tiers import MISS, Tiers
from novaops.fleets.models import Fleet
from novaops.inventory.selectors import targets
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.contract import StepContext
from novaops.operations.models import Operation
from novaops.operations.problems import LeaseLost, NotAllowed
from novaops.operations.runner import execute
from tests.caching.held import keys_of
from tests.conftest import MakePerson
from tests.waiting import wait_for

ENTRIES = 3_000
FAILOVER_SECONDS = 6
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tiers(live_fleet: Fleet) -> Iterator[Tiers]:
    found = tiers_of(live_fleet)
    yield found
    found.close()


@pytest.fixture
def tenant() -> str:
    return f"flush-{uuid4()}"


def flushed(fleet: Fleet, person: MakePerson, family: str) -> Operation:
    return done(fleet, person, "cache-flush", family=family)


def done(fleet: Fleet, person: MakePerson, kind: str, **parameters: Any) -> Operation:
    with tenant_context(fleet):
        operator = person("operator")
        operation = services.request(kind, parameters, operator, "Wrong values were cached.")
        assert operation.status == Status.PLANNED, operation.outcome
        services.confirm(operation, operator, operation.plan.confirm)
        execute(operation.pk)
        operation.refresh_from_db()
        return operation


def told(fleet: Fleet, operation: Operation, key: str) -> str:
    """What a step said in the end."""
    with tenant_context(fleet):
        return str(operation.steps.get(key=key).outcome)


def held(fleet: Fleet, tenant: str) -> list[bytes]:
    """Everything in L2 that carries the tenant's name."""
    with tenant_context(fleet):
        servers = targets("memcached")
    return [key for server in servers for key in keys_of(server) if tenant.encode() in key]


def test_a_flush_empties_l1_and_the_copies_in_l2(
    live_fleet: Fleet, person: MakePerson, tiers: Tiers, tenant: str
) -> None:
    for number in range(ENTRIES):
        tiers.set("vm", tenant, str(number), {"wrong": number})
    tiers.set("perm", tenant, "kept", ["read"])
    tiers.get_or_compute("vm", tenant, "copied", lambda: {"wrong": True})
    assert held(live_fleet, tenant)
    operation = flushed(live_fleet, person, "vm")
    assert operation.status == Status.DONE, operation.outcome
    assert [tiers.get("vm", tenant, str(number)) for number in range(ENTRIES)] == [MISS] * ENTRIES
    assert held(live_fleet, tenant) == []
    assert tiers.get_or_compute("vm", tenant, "copied", lambda: {"right": True}) == {"right": True}
    assert tiers.get("perm", tenant, "kept") == ["read"]


def test_a_flush_of_an_l2_family_leaves_the_others(
    live_fleet: Fleet, person: MakePerson, tiers: Tiers, tenant: str
) -> None:
    for family in ("agg", "api"):
        tiers.get_or_compute(family, tenant, "cost", partial(str, "before"))
    assert len(held(live_fleet, tenant)) == 2
    assert flushed(live_fleet, person, "agg").status == Status.DONE
    assert [key.split(b":")[0] for key in held(live_fleet, tenant)] == [b"api"]
    assert tiers.get_or_compute("agg", tenant, "cost", partial(str, "after")) == "after"
    assert tiers.get_or_compute("api", tenant, "cost", partial(str, "after")) == "before"


def test_what_is_being_loaded_while_the_generation_rises_is_not_seen_after_it(tiers: Tiers, tenant: str) -> None:
    def load() -> str:
        tiers.generations.bump_family("agg", tenant)
        return "before"

    tiers.get_or_compute("agg", tenant, "cost", load)
    assert tiers.get_or_compute("agg", tenant, "cost", partial(str, "after")) == "after"


def test_keys_that_another_node_has_are_told_apart(live_fleet: Fleet, tiers: Tiers, tenant: str) -> None:
    keys = [f"vm:{{{tenant}-{number}}}:a" for number in range(60)]
    for number in range(60):
        tiers.set("vm", f"{tenant}-{number}", "a", {})
    with tenant_context(live_fleet):
        first = primaries()[0]
    tally = Tally()
    unlink(first, [key.encode() for key in keys], tally)
    assert 0 < tally.unlinked < 60
    assert tally.unlinked + tally.moved == 60
    assert tally.refused == ""


@pytest.fixture
def failed_over(live_fleet: Fleet) -> Iterator[tuple[Primary, Primary]]:
    """A primary before and after its replica took over by CLUSTER FAILOVER; they change back afterwards."""
    with tenant_context(live_fleet):
        old = primaries()[0]
        new = take_over(old)
        yield old, new
        take_over(new)


def replica_of(primary: Primary) -> ClusterNode | None:
    """None until it has heard who leads now."""
    return next((node for node in node_of(primary).nodes() if node.master_id == primary.node_id), None)


def take_over(primary: Primary) -> Primary:
    """Its replica leads its slots then, and every node knows."""
    nodes = targets("redis")
    following = wait_for(partial(replica_of, primary), f"a replica of {primary.target.name}")
    assert following is not None
    replica = next(target for target in nodes if target.address == following.address)
    # One that does not follow yet would accept the command and let it time out.
    wait_for(lambda: RedisNode(replica).info().master_link_up, f"{replica.name} following {primary.target.name}")
    asked_at = 0.0

    def led() -> Primary | None:
        nonlocal asked_at
        # Redis gives a manual failover up after five seconds, on a busy machine before it is done: ask again.
        if time.monotonic() - asked_at > FAILOVER_SECONDS and RedisNode(replica).info().role != "master":
            asked_at = time.monotonic()
            RedisNode(replica).link.execute_command("CLUSTER", "FAILOVER")  # type: ignore[no-untyped-call]
        views = [RedisNode(target).nodes() for target in nodes]
        agreed = all(node.leads for view in views for node in view if node.id == following.id)
        return next((one for one in primaries() if agreed and one.node_id == following.id), None)

    found = wait_for(led, f"{replica.name} leading")
    assert found is not None
    return found


def kept(tiers: Tiers, tenant: str) -> bool:
    tiers.set("perm", tenant, "a", [])
    return tiers.get("perm", tenant, "a") is not MISS


def test_a_primary_that_was_relieved_is_noticed_and_its_keys_are_flushed_all_the_same(
    failed_over: tuple[Primary, Primary], live_fleet: Fleet, tenant: str
) -> None:
    old, new = failed_over
    tiers = tiers_of(live_fleet)
    prefix = f"perm:{{{tenant}"
    for number in range(300):
        wait_for(partial(kept, tiers, f"{tenant}-{number}"), "the key to be kept")
    stale = Tally()
    unlink_all([old], Wanted((prefix,)), stale, Event())
    assert stale.unlinked == 0 and stale.moved > 0 and stale.refused == ""
    context = StepContext(0, 0, {}, lambda done, total, note: None, lambda line: None)
    tally, _ = unlink_everywhere(context, Errand(Wanted((prefix,)), "of the test", Pace()))
    tiers.close()
    assert (tally.unlinked, tally.refused) == (300, "")
    assert new.node_id in {one.node_id for one in primaries()}


def test_one_operation_raises_the_generation_once(tiers: Tiers, tenant: str) -> None:
    first = tiers.generations.bump_family("agg", f"{tenant} 1")
    assert tiers.generations.bump_family("agg", f"{tenant} 1") == first
    assert tiers.generations.bump_family("agg", f"{tenant} 2") > first


def test_a_worker_that_lost_its_operation_raises_no_generation(tiers: Tiers, tenant: str, live_fleet: Fleet) -> None:
    def lost() -> None:
        raise LeaseLost

    tiers.get_or_compute("agg", tenant, "cost", partial(str, "before"))
    context = StepContext(
        0, 0, {"scope": of_family("agg").model_dump()}, lambda done, total, note: None, lambda line: None, hold=lost
    )
    with tenant_context(live_fleet), pytest.raises(LeaseLost):
        hide(context)
    assert tiers.get_or_compute("agg", tenant, "cost", partial(str, "after")) == "before"


def test_only_who_may_change_caches_can_ask(live_fleet: Fleet, person: MakePerson) -> None:
    with tenant_context(live_fleet), pytest.raises(NotAllowed):
        services.request("cache-flush", {"family": "vm"}, person("viewer"), "I may not.")


def test_a_tenant_goes_from_both_tiers_and_its_neighbour_stays(
    live_fleet: Fleet, person: MakePerson, tiers: Tiers, tenant: str
) -> None:
    for name in (tenant, f"{tenant}-2"):
        for number in range(200):
            tiers.set("vm", name, str(number), {"wrong": number})
        tiers.set("session", name, "ann", {"name": "Ann"})
        tiers.get_or_compute("agg", name, "cost", partial(str, "before"))
    operation = done(live_fleet, person, "cache-flush", scope="tenant", tenant=tenant)
    assert operation.status == Status.DONE, operation.outcome
    assert "201 keys" in told(live_fleet, operation, "unlink")
    assert tiers.get("session", tenant, "ann") is MISS and tiers.get("session", f"{tenant}-2", "ann") is not MISS
    assert [key for key in held(live_fleet, tenant) if f"{tenant}-2".encode() not in key] == []
    assert tiers.get("vm", f"{tenant}-2", "7") == {"wrong": 7}
    assert tiers.get_or_compute("agg", f"{tenant}-2", "cost", partial(str, "after")) == "before"


def test_a_vm_goes_and_the_others_of_its_tenant_stay(
    live_fleet: Fleet, person: MakePerson, tiers: Tiers, tenant: str
) -> None:
    for vm in ("1", "12"):
        tiers.get_or_compute("vm", tenant, vm, partial(dict, wrong=True))
    assert done(live_fleet, person, "cache-flush", scope="vm", tenant=tenant, vm="1").status == Status.DONE
    assert tiers.get("vm", tenant, "1") is MISS and tiers.get("vm", tenant, "12") == {"wrong": True}
    assert [key.rsplit(b":", 1)[1] for key in held(live_fleet, tenant)] == [b"12"]


def test_a_limit_stops_a_flush_by_pattern_and_says_so(
    live_fleet: Fleet, person: MakePerson, tiers: Tiers, tenant: str
) -> None:
    for number in range(300):
        tiers.set("perm", f"{tenant}-{number}", "a", [])
    asked: dict[str, Any] = {"scope": "pattern", "text": f"perm:*{tenant[-12:]}*", "tier": "L1"}
    first = done(live_fleet, person, "cache-flush", **asked, limit=120, pace="fast")
    said = told(live_fleet, first, "unlink")
    assert said.startswith("120 keys") and said.endswith("It stopped at the limit of 120 keys.")
    second = done(live_fleet, person, "cache-flush", **asked, keys_per_second=5_000)
    assert told(live_fleet, second, "unlink").startswith("180 keys")


def test_a_node_without_scripts_is_flushed_in_pipelines(
    live_fleet: Fleet, tiers: Tiers, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        tiers.set("perm", f"{tenant}-{number}", "a", [])
    monkeypatch.setattr("caching.flush.slices.script", lambda name: ("return redis.call('NO-SUCH')", "0" * 40))
    context = StepContext(0, 0, {}, lambda done, total, note: None, lambda line: None)
    with tenant_context(live_fleet):
        tally, _ = unlink_everywhere(context, Errand(Wanted((f"perm:{{{tenant}",)), "of the test", Pace()))
    assert tally.unlinked == 100 and "carries out no scripts" in tally.no_scripts


def test_a_crowded_slot_is_walked_all_the_same(live_fleet: Fleet, tiers: Tiers, tenant: str) -> None:
    """Thousands of keys of one tenant lie in one slot, of which a few are meant."""
    for number in range(4_000):
        tiers.set("vm", tenant, str(number), {})
    for number in range(5):
        tiers.set("perm", tenant, str(number), [])
    context = StepContext(0, 0, {}, lambda done, total, note: None, lambda line: None)
    with tenant_context(live_fleet):
        tally, _ = unlink_everywhere(context, Errand(Wanted((f"perm:{{{tenant}",)), "of the test", Pace()))
    assert tally.unlinked == 5 and tiers.get("vm", tenant, "3999") == {}


@pytest.mark.parametrize(
    "asked", [{"scope": "tenant"}, {"scope": "vm", "vm": "1"}, {"scope": "family", "family": "vm"}]
)
def test_hiding_shows_nothing_old_in_either_tier(
    live_fleet: Fleet, person: MakePerson, tiers: Tiers, tenant: str, asked: dict[str, str]
) -> None:
    tiers.get_or_compute("vm", tenant, "1", partial(str, "before"))
    operation = done(live_fleet, person, "cache-hide", **{"tenant": tenant, **asked})
    assert operation.status == Status.DONE and "is raised" in told(live_fleet, operation, "hide")
    with tenant_context(live_fleet):
        other = tiers_of(live_fleet)
    assert other.get("vm", tenant, "1") is MISS
    assert other.get_or_compute("vm", tenant, "1", partial(str, "after")) == "after"
    other.close()
