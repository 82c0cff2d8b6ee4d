"""Warming from a real shard: everything of a tenant is cached afterwards, and nothing is loaded twice."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django_tenants.utils import tenant_context

from caching.console_tiers import tiers_of
from caching.library.tiers import MISS
from caching.warm.facts import WarmFacts
from caching.warm.plan import WarmParameters, plan_warm
from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.problems import Invalid, NotAllowed
from novaops.operations.runner import execute
from tests import on_shard
from tests.conftest import MakePerson
from tests.leftovers.tenants import clear, place, settle

pytestmark = pytest.mark.django_db(transaction=True)
SHARD, VMS = "shard-1", 12
FACTS = WarmFacts(families=("vm",), tenants=1, shards=(SHARD,), rows=600, keys=600, bytes=600_000, free_bytes=10**8)


@pytest.fixture
def leader(live_fleet: Fleet) -> Iterator[psycopg.Connection[Any]]:
    with tenant_context(live_fleet), on_shard.session(SHARD) as found:
        yield found


@pytest.fixture
def tenant(leader: psycopg.Connection[Any]) -> Iterator[str]:
    name = f"warm-{uuid4()}"
    settle(leader, name, VMS)
    place(name, SHARD, vms=VMS)
    yield name
    clear(leader, name)


def done(person: MakePerson, **parameters: Any) -> Operation:
    operator = person("operator")
    operation = services.request("cache-warm", {"per_second": 2_000, **parameters}, operator, "After a flush.")
    assert operation.status == Status.PLANNED, operation.outcome
    services.confirm(operation, operator, operation.plan.confirm)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == Status.DONE, operation.outcome
    return operation


def test_a_tenant_is_loaded_once(
    live_fleet: Fleet, person: MakePerson, tenant: str, leader: psycopg.Connection[Any]
) -> None:
    first = done(person, tenant=tenant)
    assert first.plan.blast.keys == VMS + 1 + 1 + 3 + 1
    assert first.steps.get().outcome.startswith("18 reads for 18 entries")
    assert done(person, tenant=tenant).steps.get().outcome.startswith("0 reads for 18 entries")
    vms = [str(row[0]) for row in leader.execute("SELECT id FROM vms_hot WHERE tenant_id = %s", (tenant,)).fetchall()]
    tiers = tiers_of(live_fleet, lambda tenant: SHARD)
    assert all(tiers.get("vm", tenant, vm) is not MISS for vm in vms)
    tiers.close()


def test_a_family_of_one_tenant(person: MakePerson, tenant: str) -> None:
    assert done(person, tenant=tenant, family="agg").steps.get().outcome.startswith("3 reads for 3 entries")


def test_a_family_of_all_tenants(person: MakePerson, tenant: str) -> None:
    operation = done(person, scope="family", family="api")
    assert (operation.plan.blast.tenants, operation.locks) == (1, [["cache-family", "api"]])
    assert operation.steps.get().outcome.startswith("1 reads for 1 entries")


def test_a_tenant_that_is_nowhere(live_fleet: Fleet, person: MakePerson) -> None:
    with tenant_context(live_fleet):
        operation = services.request("cache-warm", {"tenant": "nobody"}, person("operator"), "Why not.")
        assert operation.status == Status.REFUSED and "'nobody' is placed on no shard" in operation.outcome
        with pytest.raises(Invalid, match="Say which tenant"):
            services.request("cache-warm", {}, person("operator"), "Why not.")
        with pytest.raises(NotAllowed):
            services.request("cache-warm", {"tenant": "a"}, person("viewer"), "I may not.")


def test_the_plan_says_how_long_and_how_much() -> None:
    plan = plan_warm(WarmParameters(tenant="acme", family="vm", per_second=100), FACTS)
    assert plan.expected_seconds == 7.0 and (plan.blast.rows, plan.blast.keys) == (600, 600)
    full = plan_warm(WarmParameters(tenant="acme"), FACTS.model_copy(update={"free_bytes": 500_000}))
    assert [check.name for check in full.refusals] == ["Room in L1"]
    behind = plan_warm(WarmParameters(tenant="acme"), FACTS.model_copy(update={"behind": (SHARD,)}))
    assert behind.runnable and any("Behind their primaries" in check.reason for check in behind.checks)
