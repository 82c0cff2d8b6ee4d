"""Rows that belong to nobody on a real shard: found, counted, and deleted only where the tenant lives elsewhere."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from novaops.operations.contract import PermanentProblem
from shards.leftovers.removal import rows
from shards.leftovers.sorts import Sort
from shards.placement.models import Placement
from tests import on_shard
from tests.leftovers.conftest import SHARD, Find, Leader, Remove
from tests.leftovers.tenants import clear, place, rows_of, settle

OTHER = "shard-2"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other(live_fleet: Fleet) -> Iterator[Leader]:
    with tenant_context(live_fleet), on_shard.session(OTHER) as connection:
        yield connection


@pytest.fixture
def tenant(name: str, leader: Leader, other: Leader) -> Iterator[str]:
    yield name
    for connection in (leader, other):
        clear(connection, name)


@pytest.fixture
def moved(tenant: str, leader: Leader, other: Leader, live_fleet: Fleet) -> str:
    """A tenant that lives on the other shard, and whose rows are still here."""
    settle(leader, tenant, 5)
    settle(other, tenant, 5)
    with tenant_context(live_fleet):
        place(tenant, OTHER, epoch=2)
    return tenant


def test_rows_of_a_tenant_that_lives_elsewhere_go(
    moved: str, leader: Leader, other: Leader, find: Find, remove: Remove, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BATCH", 2)
    found = find(moved)
    assert found and found.sort is Sort.TENANT_ROWS and found.removable
    assert found.sentence == f"The tenant is placed on {OTHER}, and has 5 VMs here."
    operation = remove(found)
    assert operation.status == "done", operation.outcome
    checks = {one.name: one for one in operation.plan.checks}
    assert checks["Lives elsewhere"].reason == f"{OTHER} has 5 VMs of it, since epoch 2."
    assert checks["Rows of vms_hot"].evidence["rows"] == 5 and len(checks["Rows of vms_hot"].evidence["some"]) == 3
    assert operation.plan.blast.rows == 27 and operation.plan.blast.tenants == 1
    assert operation.plan.confirm == f"{SHARD} {moved}" and operation.risk == "high"
    assert rows_of(leader, moved) == {} and find(moved) is None
    locks = "SELECT lock FROM novaops_schema.fences WHERE operation = %s AND token > 0 AND lock LIKE 'tenant:%%'"
    assert not leader.execute(locks, (operation.pk,)).fetchall(), "nothing is left of the tenant, no fence either"
    assert rows_of(other, moved)["vms"] == 5, "where it lives nothing has changed"


def test_rows_of_a_tenant_that_no_placement_names_stay(tenant: str, leader: Leader, find: Find, plan: Remove) -> None:
    settle(leader, tenant, 1)
    operation = plan(find(tenant))
    assert operation.status == "refused" and "these may be its only rows" in operation.outcome


def test_rows_stay_while_the_other_shard_has_fewer(moved: str, other: Leader, find: Find, plan: Remove) -> None:
    other.execute("DELETE FROM vms_hot WHERE ctid = (SELECT min(ctid) FROM vms_hot WHERE tenant_id = %s)", (moved,))
    operation = plan(find(moved))
    assert operation.status == "refused" and f"{OTHER} has 4 VMs of it, {SHARD} 5" in operation.outcome


def test_rows_stay_where_the_other_shard_does_not_know_the_tenant(
    moved: str, other: Leader, find: Find, plan: Remove
) -> None:
    clear(other, moved)
    operation = plan(find(moved))
    assert operation.status == "refused" and "that shard does not know it" in operation.outcome


def test_a_tenant_that_came_back_since_the_plan_loses_no_row(
    moved: str, leader: Leader, find: Find, plan: Remove, live_fleet: Fleet
) -> None:
    """Asked again in the transaction that deletes, whatever the plan said."""
    steps = plan(find(moved)).plan.steps
    first = next(step for step in steps if step.key == "delete-rows")
    with tenant_context(live_fleet):
        Placement.objects.filter(tenant_id=moved).update(shard=Shard.objects.get(name=SHARD), epoch=3)
        with pytest.raises(PermanentProblem, match=f"is placed on {SHARD} by now: nothing of it is deleted"):
            rows.delete(on_shard.context(SHARD, arguments=first.arguments))
    assert rows_of(leader, moved)["vms"] == 5


def test_rows_that_the_shard_lists_nobody_for(tenant: str, leader: Leader, find: Find, remove: Remove) -> None:
    """What a deleted tenant left: no placement names it, and the shard has no such tenant."""
    leader.execute(
        "INSERT INTO vms_cold (tenant_id, id) SELECT %s, gen_random_uuid() FROM generate_series(1, 7)", (tenant,)
    )
    found = find(tenant)
    assert found and found.rows == 7 and found.sentence.endswith("it has rows in vms_cold.")
    operation = remove(found)
    assert operation.status == "done", operation.outcome
    assert rows_of(leader, tenant) == {}


def test_a_tenant_that_gets_its_place_while_its_old_rows_go_keeps_them(
    tenant: str, leader: Leader, find: Find, plan: Remove, live_fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The placement is made after the batch began, and so are rows: the batch is not committed."""
    leader.execute("INSERT INTO vms_cold (tenant_id, id) VALUES (%s, gen_random_uuid())", (tenant,))
    step = next(step for step in plan(find(tenant)).plan.steps if step.key == "delete-rows")

    def late() -> None:
        place(tenant, SHARD)

    with tenant_context(live_fleet):
        context = replace(on_shard.context(SHARD, arguments=step.arguments), hold=late)
        with pytest.raises(PermanentProblem, match="is placed on"):
            rows.delete(context)
    assert rows_of(leader, tenant) == {"vms_cold": 1}


def test_parts_of_a_vm_that_is_not_there(
    moved: str, leader: Leader, live_fleet: Fleet, find: Find, remove: Remove
) -> None:
    before = find("vms_hot")
    leader.execute(
        "INSERT INTO vms_hot (tenant_id, id, name, state_id, last_state_change)"
        " SELECT %s, gen_random_uuid(), 'gone', 3, now() - interval '3 hours' FROM generate_series(1, 4)",
        (moved,),
    )
    young = "INSERT INTO vms_hot (tenant_id, id, name, state_id) VALUES (%s, gen_random_uuid(), 'young', 3)"
    leader.execute(young, (moved,))
    found = find("vms_hot")
    assert found and found.sort is Sort.VM_ROWS and found.rows == 4 + (before.rows or 0 if before else 0)
    operation = remove(found)
    assert operation.status == "done", operation.outcome
    assert rows_of(leader, moved)["vms_hot"] == 6, "whole VMs, and what is younger than an hour, stay"


def test_a_schema_that_no_tenant_is_listed_for(
    moved: str, leader: Leader, find: Find, remove: Remove, live_fleet: Fleet
) -> None:
    schema = f"{moved}_own"
    with tenant_context(live_fleet):
        Placement.objects.filter(tenant_id=moved).update(isolation="schema", schema_name=schema)
    leader.execute("UPDATE tenants SET isolation = 'schema', schema_name = %s WHERE tenant_id = %s", (schema, moved))
    leader.execute("SELECT novaops_schema.create_tenant_schema(%s, current_date)", (moved,))
    leader.execute("UPDATE tenants SET isolation = 'rows', schema_name = NULL WHERE tenant_id = %s", (moved,))
    try:
        found = find(schema)
        assert found and found.sort is Sort.TENANT_SCHEMA and found.sentence.startswith(f"The schema of tenant {moved}")
        operation = remove(found)
        assert operation.status == "done", operation.outcome
        assert leader.execute("SELECT FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is None
        assert not leader.execute(
            "SELECT FROM novaops_schema.partition_plan WHERE table_schema = %s", (schema,)
        ).fetchone()
    finally:
        leader.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        leader.execute("DELETE FROM novaops_schema.partition_plan WHERE table_schema = %s", (schema,))


def test_the_plan_of_a_tenant_with_a_schema_of_its_own_drops_it_first(
    moved: str, leader: Leader, find: Find, remove: Remove
) -> None:
    schema = f"{moved}_own"
    leader.execute("UPDATE tenants SET isolation = 'schema', schema_name = %s WHERE tenant_id = %s", (schema, moved))
    leader.execute("SELECT novaops_schema.create_tenant_schema(%s, current_date)", (moved,))
    try:
        operation = remove(find(moved))
        assert operation.plan.steps[0].key == "drop-schema"
        assert operation.status == "done", operation.outcome
        assert leader.execute("SELECT FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is None
    finally:
        leader.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        leader.execute("DELETE FROM novaops_schema.partition_plan WHERE table_schema = %s", (schema,))
