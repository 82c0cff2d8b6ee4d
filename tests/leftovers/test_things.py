"""Each sort of thing, left behind on a real shard: seen with its cost and origin, removed, and gone."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.selectors import targets_of
from shards.clients.patroni import Patroni
from shards.fences import console_id
from shards.leftovers.sorts import Sort
from shards.marks import Mark
from tests import on_shard
from tests.leftovers.conftest import SHARD, Find, Leader, Remove

pytestmark = pytest.mark.django_db(transaction=True)
GONE = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s"


@pytest.fixture
def slot(leader: Leader, name: str) -> Iterator[str]:
    leader.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", (name,))
    yield name
    leader.execute(GONE, (name,))


def test_a_slot_that_nobody_reads(slot: str, leader: Leader, find: Find, remove: Remove) -> None:
    leader.execute("SELECT pg_logical_emit_message(true, 'test', repeat('x', 200000))")
    found = find(slot)
    assert found and found.sort is Sort.SLOT and found.removable
    assert found.wal_bytes and found.wal_bytes > 100_000 and found.xid_age is not None
    assert found.origin == "Unknown: nothing on it names an operation of NovaOps."
    operation = remove(found)
    assert operation.status == "done", operation.outcome
    assert operation.plan.confirm == f"{SHARD} {slot}"
    assert find(slot) is None


def test_a_slot_that_patroni_leaves_alone_for_an_operation_goes_from_its_configuration_too(
    leader: Leader, live_fleet: Fleet, find: Find, remove: Remove
) -> None:
    with tenant_context(live_fleet):
        api = Patroni(targets_of(SHARD, "patroni")[0])
    before, slot = api.config_in_dcs().whole.get("ignore_slots"), "novaops_op4711_abcdef012345_out"
    leader.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", (slot,))
    try:
        api.configure({"ignore_slots": [*(before or ()), {"name": slot}]})
        found = find(slot)
        assert found and found.origin == "Operation 4711 of another console (abcdef012345)."
        operation = remove(found)
        assert (operation.status, operation.outcome) == ("done", f"Slot {slot} is dropped; its WAL can go.")
        assert api.config_in_dcs().whole.get("ignore_slots") == before
    finally:
        api.configure({"ignore_slots": before})
        leader.execute(GONE, (slot,))


def test_a_slot_of_another_database_goes_too(
    as_superuser: Leader, leader: Leader, name: str, find: Find, remove: Remove
) -> None:
    with psycopg.connect(as_superuser.info.dsn, password=as_superuser.info.password, dbname="postgres") as other:
        other.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", (name,))
    found = find(name)
    assert found and found.identity["database"] == "postgres"
    assert remove(found).status == "done" and find(name) is None


def test_members_slots_are_patronis_own(leader: Leader, find: Find) -> None:
    assert leader.execute("SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'physical'").fetchone() != (0,)
    assert find("shard_1_") is None


def test_a_slot_that_is_read_from_again_stays(
    slot: str, as_superuser: Leader, find: Find, plan: Remove, live_fleet: Fleet
) -> None:
    operation = plan(find(slot))
    assert operation.plan.runnable and {"Not in use", "Not Patroni's"} <= {one.name for one in operation.plan.checks}


def test_a_publication_without_a_slot(leader: Leader, name: str, find: Find, remove: Remove) -> None:
    leader.execute(f"CREATE PUBLICATION {name} FOR TABLE public.vm_states")
    leader.execute(f"COMMENT ON PUBLICATION {name} IS '{Mark(4711, 'abcdef012345')}'")
    found = find(name)
    assert found and found.sort is Sort.PUBLICATION and "publishes 1 table of novacron" in found.sentence
    assert found.origin == "Operation 4711 of another console (abcdef012345)."
    assert remove(found).status == "done" and find(name) is None


def test_a_publication_that_a_slot_may_read_is_none(leader: Leader, slot: str, find: Find) -> None:
    leader.execute(f"CREATE PUBLICATION {slot} FOR TABLE public.vm_states")
    try:
        found = find(slot)
        assert found and found.sort is Sort.SLOT
    finally:
        leader.execute(f"DROP PUBLICATION {slot}")


@pytest.fixture
def subscription(as_superuser: Leader, leader: Leader, name: str) -> Iterator[str]:
    """Disabled, without a slot, of a role that the console's belongs to."""
    as_superuser.execute(f"CREATE ROLE {name} SUPERUSER")
    as_superuser.execute(f"SET SESSION AUTHORIZATION {name}")
    as_superuser.execute(
        f"CREATE SUBSCRIPTION {name} CONNECTION 'host=127.0.0.1 port=1 dbname=none' PUBLICATION none"
        f" WITH (connect = false, slot_name = {name}_slot)"
    )
    as_superuser.execute("RESET SESSION AUTHORIZATION")
    as_superuser.execute(f"ALTER ROLE {name} NOSUPERUSER; GRANT {name} TO novaops")
    yield name
    if as_superuser.execute("SELECT FROM pg_subscription WHERE subname = %s", (name,)).fetchone():
        as_superuser.execute(f"ALTER SUBSCRIPTION {name} SET (slot_name = NONE)")
        as_superuser.execute(f"DROP SUBSCRIPTION {name}")
    as_superuser.execute(f"DROP ROLE {name}")


def test_a_disabled_subscription_is_dropped_though_its_other_side_is_gone(
    subscription: str, find: Find, remove: Remove
) -> None:
    found = find(subscription)
    assert found and found.sort is Sort.SUBSCRIPTION and found.removable
    assert f"Its slot on the other side is {subscription}_slot." in found.sentence
    operation = remove(found)
    assert operation.status == "done", operation.outcome
    assert find(subscription) is None


def test_what_is_not_the_consoles_is_shown_and_not_removed(
    as_superuser: Leader, name: str, find: Find, plan: Remove
) -> None:
    as_superuser.execute(f"CREATE PUBLICATION {name}")
    try:
        found = find(name)
        assert found and not found.removable
        operation = plan(found)
        assert operation.status == "refused" and "Only its owner, postgres" in operation.outcome
    finally:
        as_superuser.execute(f"DROP PUBLICATION {name}")


@pytest.fixture
def prepared(leader: Leader, name: str) -> Iterator[str]:
    leader.execute(f"CREATE TABLE {name} (n integer)")
    leader.execute(f"BEGIN; INSERT INTO {name} VALUES (1); PREPARE TRANSACTION '{name}'")
    yield name
    if leader.execute("SELECT FROM pg_prepared_xacts WHERE gid = %s", (name,)).fetchone():
        leader.execute(f"ROLLBACK PREPARED '{name}'")
    leader.execute(f"DROP TABLE {name}")


def test_a_forgotten_prepared_transaction(
    prepared: str, leader: Leader, find: Find, remove: Remove, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find(prepared) is None, "a coordinator still has time"
    monkeypatch.setattr("shards.leftovers.judging.PREPARED_OLD", -1 * timedelta(1))
    found = find(prepared)
    assert found and found.sort is Sort.PREPARED and found.began and found.removable
    operation = remove(found)
    assert operation.status == "done", operation.outcome
    assert leader.execute(f"SELECT count(*) FROM {prepared}").fetchone() == (0,)


def test_an_index_whose_building_died(leader: Leader, name: str, find: Find, remove: Remove) -> None:
    leader.execute(f"CREATE TABLE {name} AS SELECT 1 AS n FROM generate_series(1, 2)")
    try:
        with pytest.raises(psycopg.errors.UniqueViolation):
            leader.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {name}_n ON {name} (n)")
        found = find(f"{name}_n")
        assert found and found.sort is Sort.INDEX and f"Its building on {name} was cut off" in found.sentence
        assert remove(found).status == "done" and find(f"{name}_n") is None
    finally:
        leader.execute(f"DROP TABLE {name}")


@pytest.fixture
def parent(leader: Leader, name: str) -> Iterator[str]:
    leader.execute(f"CREATE TABLE {name} (n integer, t text) PARTITION BY RANGE (n)")
    yield name
    for table in (f"{name}_202611", f"{name}_202612", name):
        leader.execute(f"DROP TABLE IF EXISTS {table}")


def test_a_table_that_is_built_like_a_partition_and_is_none(
    parent: str, leader: Leader, find: Find, remove: Remove, live_fleet: Fleet
) -> None:
    leader.execute(f"CREATE TABLE {parent}_202611 PARTITION OF {parent} FOR VALUES FROM (1) TO (2)")
    assert find(parent) is None
    leader.execute(f"ALTER TABLE {parent} DETACH PARTITION {parent}_202611")
    found = find(f"{parent}_202611")
    assert found and found.sort is Sort.TABLE and found.sentence.startswith(f"It is built like a partition of {parent}")
    operation = remove(found)
    assert operation.status == "done" and operation.outcome == f"public.{parent}_202611 was empty, and is dropped."
    assert find(parent) is None


def test_a_loose_table_with_rows_stays(parent: str, leader: Leader, find: Find, plan: Remove) -> None:
    leader.execute(f"CREATE TABLE {parent}_202611 (n integer, t text)")
    leader.execute(f"INSERT INTO {parent}_202611 VALUES (1)")
    operation = plan(find(f"{parent}_202611"))
    assert operation.status == "refused" and "holds rows, which may be wanted" in operation.outcome


def test_a_detachment_that_was_cut_off_is_finished(
    parent: str, leader: Leader, find: Find, remove: Remove, live_fleet: Fleet
) -> None:
    leader.execute(f"CREATE TABLE {parent}_202612 PARTITION OF {parent} FOR VALUES FROM (1) TO (2)")
    leader.execute(f"INSERT INTO {parent} VALUES (1)")
    with tenant_context(live_fleet), on_shard.session(SHARD, leader.info.dbname) as reader, reader.transaction():
        reader.execute(f"SELECT FROM {parent}")
        leader.execute("SET statement_timeout = '500ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            leader.execute(f"ALTER TABLE {parent} DETACH PARTITION {parent}_202612 CONCURRENTLY")
        leader.execute("RESET statement_timeout")
    found = find(f"{parent}_202612")
    assert found and "was cut off" in found.sentence
    operation = remove(found)
    assert operation.status == "done", operation.outcome
    assert "stays as a table of its own" in operation.outcome
    left = find(f"{parent}_202612")
    assert left and left.identity["why"] == "detached"


def test_a_fence_of_a_control_database_that_was_set_back(
    leader: Leader, find: Find, plan: Remove, remove: Remove, live_fleet: Fleet
) -> None:
    """Its token is ahead of all that this console gives out, and would refuse its own removal too."""
    with tenant_context(live_fleet):
        mine = f"{console_id()} shard:{SHARD}"
        leader.execute("SELECT novaops_schema.fence(%s, 'shard:shard-1', 1000000, 77)", (console_id(),))
    found = find(mine)
    assert found and found.sort is Sort.FENCE and "is higher than any that this console gave out" in found.sentence
    assert found.origin == "Operation 77, which this console does not know."
    operation = remove(found)
    assert operation.status == "done", operation.outcome
    row = leader.execute(
        "SELECT operation FROM novaops_schema.fences WHERE token < 1000000 AND operation = %s", (operation.pk,)
    )
    assert row.fetchone() and find(mine) is None


def test_the_fence_of_the_shards_own_lock_is_kept(
    leader: Leader, slot: str, find: Find, remove: Remove, live_fleet: Fleet
) -> None:
    """It is what refuses the worker of that operation, should it wake up late."""
    operation = remove(find(slot))
    with tenant_context(live_fleet):
        mine = console_id()
    held = leader.execute("SELECT lock, operation FROM novaops_schema.fences WHERE console = %s", (mine,)).fetchall()
    assert held == [("shard:shard-1", operation.pk)] and find(mine) is None


def test_what_is_gone_leaves_nothing_to_do(
    slot: str, leader: Leader, find: Find, plan: Remove, live_fleet: Fleet
) -> None:
    found = find(slot)
    leader.execute("SELECT pg_drop_replication_slot(%s)", (slot,))
    operation = plan(found)
    assert (operation.status, operation.outcome) == ("done", "Nothing to do.")
