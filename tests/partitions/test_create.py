"""Creating partitions through the real runner, on a real shard."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context
from psycopg import sql

from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.contract import TransientProblem
from novaops.operations.models import Operation
from novaops.operations.problems import NotAllowed
from novaops.operations.runner import execute
from shards.partitions import ddl
from shards.partitions.leader import session_on
from shards.partitions.planner import Piece
from tests import on_shard
from tests.conftest import MakePerson

SCHEMA = "novaops_partition_tests"
SHARD = "shard-1"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def leader(live_fleet: Fleet) -> Iterator[psycopg.Connection[Any]]:
    """The leader of the shard, with a schema of the tests' own that is gone afterwards."""
    with tenant_context(live_fleet), on_shard.session(SHARD) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
        yield connection
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


@pytest.fixture
def events(leader: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Months as 202601, dressed as the data plane dresses its own: index, forced row security, a grant, an option."""
    leader.execute(f"""
        SET search_path = {SCHEMA};
        CREATE TABLE kinds (kind integer PRIMARY KEY);
        CREATE TABLE events (tenant_id text NOT NULL, month integer NOT NULL CHECK (month > 0),
            kind integer REFERENCES kinds, body text DEFAULT 'none', PRIMARY KEY (tenant_id, month))
            PARTITION BY RANGE (month);
        CREATE INDEX events_body ON events (body);
        CREATE TABLE events_default PARTITION OF events DEFAULT;
        CREATE TABLE events_202611 PARTITION OF events FOR VALUES FROM (202611) TO (202612) WITH (fillfactor = 70);
        ALTER TABLE events_202611 ENABLE ROW LEVEL SECURITY;
        ALTER TABLE events_202611 FORCE ROW LEVEL SECURITY;
        CREATE POLICY own_tenant ON events_202611 TO PUBLIC
            USING (tenant_id = current_setting('novaops.tenant_id', true));
        GRANT SELECT, INSERT ON events_202611 TO PUBLIC""")
    return leader


def plan(fleet: Fleet, person: MakePerson, **parameters: Any) -> Operation:
    with tenant_context(fleet):
        wanted = {"shard": SHARD, "table": f"{SCHEMA}.events", **parameters}
        return services.request("partitions-create", wanted, person("operator"), "The next months.")


def carried_out(fleet: Fleet, person: MakePerson, operation: Operation) -> Operation:
    with tenant_context(fleet):
        services.confirm(operation, person("operator"), operation.plan.confirm)
        execute(operation.pk)
        operation.refresh_from_db()
        return operation


def dress(connection: psycopg.Connection[Any], name: str) -> tuple[Any, ...]:
    """Everything of a partition that its siblings should share."""
    query = """SELECT c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relacl::text, c.relowner,
        ARRAY(SELECT polname || pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = c.oid),
        (SELECT count(*) FROM pg_index i JOIN pg_inherits h ON h.inhrelid = i.indexrelid WHERE i.indrelid = c.oid),
        (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f'),
        ARRAY(SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = c.oid)
        FROM pg_class c WHERE c.oid = to_regclass(%s)"""
    found = connection.execute(query, (f"{SCHEMA}.{name}",)).fetchone()
    return tuple(found) if found else ()


def test_the_partitions_exist_take_rows_and_are_dressed_like_their_sibling(
    events: psycopg.Connection[Any], live_fleet: Fleet, person: MakePerson
) -> None:
    operation = carried_out(live_fleet, person, plan(live_fleet, person, count=3))
    assert operation.status == Status.DONE, operation.outcome
    names = ["events_202612", "events_202701", "events_202702"]
    like = dress(events, "events_202611")
    assert [dress(events, name) for name in names] == [like] * 3
    events.execute("INSERT INTO events (tenant_id, month) VALUES ('a', 202612), ('a', 202702)")
    rows = events.execute("SELECT tableoid::regclass::text FROM events ORDER BY month").fetchall()
    assert rows == [("events_202612",), ("events_202702",)]


def test_a_step_that_is_done_twice_changes_nothing(
    events: psycopg.Connection[Any], live_fleet: Fleet, person: MakePerson
) -> None:
    operation = plan(live_fleet, person, count=2)
    first = operation.plan.steps[0].arguments
    with tenant_context(live_fleet):
        services.confirm(operation, person("operator"), operation.plan.confirm)
        # As a worker leaves it that was killed after the work and before it could write that down.
        operation.steps.filter(index=0).update(status="running", attempts=1)
        events.execute(
            sql.SQL("CREATE TABLE {} PARTITION OF events FOR VALUES FROM ({}) TO ({})").format(
                sql.Identifier(first["partition"]), sql.Literal(first["lower"]), sql.Literal(first["upper"])
            )
        )
        events.execute(
            f"ALTER TABLE {first['partition']} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        )
        execute(operation.pk)
        operation.refresh_from_db()
        assert operation.status == Status.DONE, operation.outcome
        assert operation.steps.get(index=0).outcome == "It was done already."


def test_rows_in_the_default_partition_refuse_it_with_their_number(
    events: psycopg.Connection[Any], live_fleet: Fleet, person: MakePerson
) -> None:
    events.execute("INSERT INTO events (tenant_id, month) SELECT 'a' || n, 202701 FROM generate_series(1, 12) n")
    operation = plan(live_fleet, person, count=3)
    assert operation.status == Status.REFUSED
    assert any("events_default holds 12 rows inside the new range" in one.reason for one in operation.plan.refusals)


def test_a_plan_that_was_overtaken_is_not_carried_out(
    events: psycopg.Connection[Any], live_fleet: Fleet, person: MakePerson
) -> None:
    operation = plan(live_fleet, person, count=1)
    events.execute("CREATE TABLE events_other PARTITION OF events FOR VALUES FROM (202612) TO (202701)")
    assert carried_out(live_fleet, person, operation).status == Status.STALE


def test_a_locked_table_is_waited_for_briefly_and_may_be_tried_again(
    events: psycopg.Connection[Any], live_fleet: Fleet
) -> None:
    piece = Piece(SCHEMA, "events_202612", "202612", "202701")
    with events.transaction(), tenant_context(live_fleet):
        events.execute("LOCK TABLE events_default IN ACCESS SHARE MODE")
        with pytest.raises(TransientProblem, match="lock timeout"), session_on(SHARD, 30) as session:
            ddl.create(session, on_shard.context(SHARD), (SCHEMA, "events"), piece, "events_202611")
    assert dress(events, "events_202612") == (), "nothing half made is left"
    with tenant_context(live_fleet), session_on(SHARD, 30) as session:
        ddl.create(session, on_shard.context(SHARD), (SCHEMA, "events"), piece, "events_202611")
    assert dress(events, "events_202612") == dress(events, "events_202611")


def test_only_who_may_change_partitions_can_ask(live_fleet: Fleet, person: MakePerson) -> None:
    with tenant_context(live_fleet), pytest.raises(NotAllowed):
        services.request("partitions-create", {"shard": SHARD, "table": "public.vms"}, person("viewer"), "I may not.")
