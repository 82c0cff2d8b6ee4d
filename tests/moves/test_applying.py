"""What a slot tells is applied on the other shard: every way in which a row changes, each in its transaction."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.contract import PermanentProblem, TransientProblem
from shards.moves import slots
from shards.moves.applying.problems import Diverged, Late, told_by
from tests import on_shard
from tests.moves import two_shards
from tests.moves.flowing import Flow, flowing
from tests.waiting import wait_for

STREAM = two_shards.own_schema("novaops_applying_tests", 900_101)
SHARED = two_shards.in_shared_tables("novaops applying tests", 900_102)
DDL = """
    CREATE TYPE mood AS ENUM ('calm', 'very "angry"');
    CREATE TYPE pair AS (a integer, b text);
    CREATE DOMAIN small AS integer CHECK (VALUE < 10);
    CREATE TABLE plain (id integer PRIMARY KEY, name text UNIQUE, long text, "100%" integer);
    ALTER TABLE plain ALTER long SET STORAGE EXTERNAL;
    CREATE TABLE parts (id integer, at integer, text text, long text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    ALTER TABLE parts ALTER long SET STORAGE EXTERNAL;
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
    CREATE TABLE counted (id text PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, long text, note text,
        twice integer GENERATED ALWAYS AS (length(note) * 2) STORED);
    ALTER TABLE counted ALTER long SET STORAGE EXTERNAL;
    CREATE TABLE always (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
    CREATE TABLE bare (a integer, b text, PRIMARY KEY (a, b));
    CREATE TABLE whole (id integer PRIMARY KEY, note text);
    ALTER TABLE whole REPLICA IDENTITY FULL;
    CREATE TABLE kinds (id integer PRIMARY KEY, mood mood, pair pair, small small, moods mood[], texts text[][],
        blank char(4), one "char", bits bit(3), bytes bytea, json json, jsonb jsonb, at timestamptz, span interval,
        number numeric(12, 3), double double precision, single real, address inet, range tstzrange, many int4multirange,
        point point, id_of uuid, money money, named regclass, lsn pg_lsn, words tsvector, flag boolean);
"""
KINDS = """
    INSERT INTO kinds VALUES (%s, 'very "angry"', '(1,"a ""b"" \\\\ c")', 9, '{calm,"very \\"angry\\"",NULL}',
        '{{a,"b,c"},{NULL,""}}', 'ab', 'x', '101', '\\x00ff5c22', '{"a" :  1}', '{"b": [1, null, "\\u00fc \\\\ "]}',
        '2026-03-29 01:30:00.123456+02', '1 year -2 days 03:04:05.6', 1234567.1, 0.1::float8 + 0.2::float8, 1e-30,
        '10.0.0.1/24', '[2026-01-01,)', '{[1,3),[7,)}', '(1.5,-2)', gen_random_uuid(), 12.34, 'pg_class', '16/B374D848',
        'a fat cat', true)
"""
SAYS = "The leader of shard-1"
LONG = "repeat(md5(random()::text), 400)"


@pytest.fixture
def flow(live_fleet: Fleet) -> Iterator[Flow]:
    with tenant_context(live_fleet), flowing(STREAM, DDL) as found:
        found.begin()
        found.sender.execute("SET search_path = novaops_applying_tests")
        yield found


def applied(flow: Flow, **more: Any) -> None:
    """All that is committed on the sender is on the receiver, and nothing else."""
    with flow.applier(**more) as applier:
        wait_for(lambda: applier.follows_all() or applier.step(0.1), "new chunks of hypertables to be followed")
        applier.until(flow.now())
    assert flow.different() == {}


def test_every_way_in_which_a_row_changes(flow: Flow) -> None:
    run = flow.sender.execute
    run(f"INSERT INTO plain SELECT n, 'name ' || n, {LONG}, n FROM generate_series(1, 50) n")
    run(f"INSERT INTO parts SELECT n, n % 20, 'x', {LONG} FROM generate_series(1, 40) n")
    run(f"INSERT INTO counted (id, long, note) SELECT n, {LONG}, 'note' FROM generate_series(1, 9) n")
    run("INSERT INTO always (note) SELECT NULL FROM generate_series(1, 9)")
    run("INSERT INTO bare VALUES (1, 'a'), (2, 'b')")
    run("INSERT INTO whole VALUES (1, 'a'), (2, 'b')")
    for number in range(3):
        run(KINDS, (number,))
    run("INSERT INTO kinds (id) VALUES (10)")
    applied(flow)
    run('UPDATE plain SET "100%" = -1 WHERE id < 20')
    run("UPDATE plain SET id = id + 100 WHERE id BETWEEN 10 AND 15")
    run("UPDATE plain SET name = NULL, long = NULL WHERE id = 20")
    run("UPDATE parts SET at = at + 10 WHERE at BETWEEN 3 AND 6")
    run("UPDATE parts SET id = id + 100 WHERE at BETWEEN 7 AND 9")
    run("UPDATE parts SET text = 'y' WHERE at > 15")
    run("UPDATE counted SET note = 'other note' WHERE id < '4'")
    run("UPDATE counted SET number = DEFAULT WHERE id = '5'")
    run("UPDATE counted SET id = 'five' WHERE id = '6'")
    run("UPDATE always SET note = 'x' WHERE id < 3")
    run("UPDATE bare SET b = 'c' WHERE a = 1")
    run("UPDATE bare SET b = b")
    run("UPDATE whole SET id = 3, note = NULL WHERE id = 1")
    run("UPDATE whole SET note = 'c' WHERE id = 2")
    run("UPDATE kinds SET flag = NULL, moods = '{}' WHERE id = 1")
    run("DELETE FROM plain WHERE id BETWEEN 30 AND 40")
    run("DELETE FROM whole WHERE id = 2")
    run("DELETE FROM parts WHERE at = 1")
    applied(flow)
    with flow.sender.transaction():
        run("DELETE FROM plain WHERE id = 1")
        run("INSERT INTO plain VALUES (1, 'name 1', NULL, 0), (2000, 'x', NULL, 0)")
        run("UPDATE plain SET id = 2001 WHERE id = 2000")
        run("UPDATE plain SET id = 2002, name = 'y' WHERE id = 2001")
        run("DELETE FROM plain WHERE id = 2")
    with flow.sender.transaction():
        run("TRUNCATE bare, whole")
        run("INSERT INTO bare VALUES (7, 'after')")
    applied(flow)
    assert flow.rows(flow.receiver, next(one for one in flow.tables if one.name == "bare")) == {"(7,after)"}


def test_values_that_change_places_do_not_stand_in_each_others_way(flow: Flow) -> None:
    run = flow.sender.execute
    run("INSERT INTO plain (id, name) SELECT n, 'name ' || n FROM generate_series(1, 30) n")
    applied(flow)
    names = {number: f"name {number}" for number in (1, 2, 3)}
    for first, second in ((1, 2), (2, 3), (3, 1), (2, 1)):
        names[first], names[second] = names[second], names[first]
        run("UPDATE plain SET name = 'aside' WHERE id = %s", (first,))
        run("UPDATE plain SET name = %s WHERE id = %s", (names[second], second))
        run("UPDATE plain SET name = %s WHERE id = %s", (names[first], first))
    for number in range(10, 20):
        run("DELETE FROM plain WHERE id = %s", (number,))
        run("UPDATE plain SET name = 'name ' || %s WHERE id = %s", (number, number + 10))
        run("INSERT INTO plain (id, name) VALUES (%s, 'name ' || %s)", (number, number + 10))
    applied(flow)


def test_rows_in_shared_tables_are_the_tenants_alone(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet), flowing(SHARED) as flow:
        run, tenant = flow.sender.execute, SHARED.tenant_id
        two_shards.enrol(flow.sender, SHARED)
        flow.begin()
        flow.begin()
        users = "INSERT INTO users (tenant_id, email, name) SELECT %s, n || '@x', n FROM generate_series(1, 9) n"
        run(users, (tenant,))
        run(
            "INSERT INTO vms (tenant_id, name, state_id, owner_id, created_at) SELECT tenant_id, name, 1, id, now() - "
            "interval '40 days' FROM users WHERE tenant_id = %s",
            (tenant,),
        )
        run(
            "INSERT INTO vm_metrics (time, tenant_id, vm_id, cpu_usage_percent) SELECT now() - n * interval '1 day', "
            "tenant_id, id, 0.1 FROM vms CROSS JOIN generate_series(-3, 3) n WHERE tenant_id = %s",
            (tenant,),
        )
        applied(flow)
        run("UPDATE vms SET created_at = now(), state_id = 2 WHERE tenant_id = %s", (tenant,))
        run("DELETE FROM vm_metrics WHERE tenant_id = %s AND time > now()", (tenant,))
        applied(flow)


def test_a_huge_transaction(flow: Flow) -> None:
    rows = 200_000
    with flow.sender.transaction():
        flow.sender.execute("INSERT INTO plain (id, name) SELECT n, n FROM generate_series(1, %s) n", (rows,))
        flow.sender.execute("UPDATE plain SET name = 'x' || name WHERE id % 10 = 0")
    with flow.applier() as applier:
        began = time.monotonic()
        applier.until(flow.now())
        seconds = time.monotonic() - began
    print(f"a transaction of {rows * 1.1:,.0f} changes: {rows * 1.1 / seconds:,.0f} changes/s")
    applied(flow)


def test_what_is_applied_is_confirmed_and_not_applied_again(flow: Flow) -> None:
    flow.sender.execute("INSERT INTO plain (id) VALUES (1)")
    with flow.applier() as applier:
        applier.until(flow.now())
        before = applier.applied
    flow.sender.execute("UPDATE plain SET id = 2")
    with flow.applier() as applier:
        assert applier.applied == before
        applier.until(flow.now())
        assert applier.applied > before and applier.behind_bytes >= 0 and applier.held_bytes >= 0
    assert flow.different() == {}


def test_it_stops_exactly_at_a_position(flow: Flow) -> None:
    run = flow.sender.execute
    run("INSERT INTO plain (id) VALUES (1)")
    position = flow.now()
    run("INSERT INTO plain (id) VALUES (2)")
    with flow.applier() as applier:
        applier.until(position)
        assert flow.receiver.execute("SELECT id FROM novaops_applying_tests.plain").fetchall() == [(1,)]
        applier.until(position)
        applier.until(flow.now())
        assert flow.different() == {}
        with pytest.raises(PermanentProblem, match="past the position"):
            applier.until(position)


def test_a_message_marks_the_end(flow: Flow) -> None:
    run = flow.sender.execute
    with flow.applier() as applier:
        for number in range(5):
            run("INSERT INTO plain (id) VALUES (%s)", (number,))
            run("SELECT pg_logical_emit_message(true, 'test', %s::text)", (f"mark {number}",))
            run("INSERT INTO plain (id) VALUES (%s)", (number + 100,))
            applier.until_message("test", f"mark {number}", time.monotonic() + 60)
            there = flow.receiver.execute("SELECT count(*) FROM novaops_applying_tests.plain WHERE id < 100").fetchone()
            assert there == (number + 1,)
        with pytest.raises(Late):
            applier.until_message("test", "never", time.monotonic() + 0.1)
        run("SELECT pg_logical_emit_message(true, 'test', 'late')")
        applier.until_message("test", "late", time.monotonic() + 60)
    assert flow.different() == {}


def test_what_came_from_the_receiver_is_discarded(flow: Flow) -> None:
    flow.sender.execute("INSERT INTO plain (id) VALUES (1)")
    flow.sender.execute("SELECT pg_logical_emit_message(true, 'test', 'proof')")
    with flow.applier(discard=True) as applier:
        applier.until_message("test", "proof", time.monotonic() + 60)
    flow.sender.execute("INSERT INTO plain (id) VALUES (2)")
    with flow.applier() as applier:
        applier.until(flow.now())
    assert flow.receiver.execute("SELECT id FROM novaops_applying_tests.plain").fetchall() == [(2,)]


def test_keys_that_were_written_are_kept(flow: Flow) -> None:
    flow.sender.execute("INSERT INTO bare VALUES (1, 'a'), (2, 'b')")
    flow.sender.execute("UPDATE bare SET a = 3 WHERE a = 1")
    flow.sender.execute("DELETE FROM bare WHERE a = 2")
    applied(flow)
    kept = flow.receiver.execute(
        "SELECT DISTINCT table_name, key FROM novaops_schema.arrival_touched, jsonb_array_elements(keys) AS key"
        " WHERE stream = %s ORDER BY key",
        (flow.stream.name,),
    ).fetchall()
    name = "novaops_applying_tests.bare"
    assert kept == [(name, ["1", "a"]), (name, ["2", "b"]), (name, ["3", "a"])]
    flow.receiver.execute("DELETE FROM novaops_schema.arrival_touched WHERE stream = %s", (flow.stream.name,))
    flow.sender.execute("DELETE FROM bare")
    applied(flow, touched=False)
    assert (
        flow.receiver.execute(
            "SELECT FROM novaops_schema.arrival_touched WHERE stream = %s", (flow.stream.name,)
        ).fetchall()
        == []
    )


WRONG = (
    # What was done to the receiver's rows, then on the sender, and what is said of which key.
    ("DELETE FROM plain WHERE id = 7", "UPDATE plain SET name = 'x' WHERE id = 7", "7", "it is not there"),
    ("DELETE FROM plain WHERE id = 7", "DELETE FROM plain WHERE id = 7", "7", "a deletion of it came"),
    ("INSERT INTO plain VALUES (77)", "INSERT INTO plain VALUES (77)", "77", "already there"),
    ("UPDATE plain SET name = 'y' WHERE id = 8", "UPDATE plain SET name = 'y' WHERE id = 7", "7", "name_key"),
    ("DELETE FROM plain WHERE id = 7", "UPDATE plain SET id = 78 WHERE id = 7", "7", "it is not there"),
)


def test_a_change_that_does_not_find_exactly_its_row_is_named(flow: Flow) -> None:
    for wrong, change, key, what in WRONG:
        insert = f"INSERT INTO plain (id, name, long) SELECT n, n, {LONG} FROM generate_series(1, 40) n"
        flow.sender.execute(insert.encode())
        applied(flow)
        flow.receiver.execute(wrong.replace("plain", "novaops_applying_tests.plain").encode())
        flow.sender.execute('UPDATE plain SET "100%" = 1 WHERE id > 20')
        flow.sender.execute(change.encode())
        with pytest.raises(Diverged, match=what) as found, flow.applier() as applier:
            applier.until(flow.now())
        assert (found.value.table, found.value.key) == ("novaops_applying_tests.plain", (key,))
        for session in (flow.sender, flow.receiver):
            session.execute("TRUNCATE novaops_applying_tests.plain")
        slots.drop(flow.stream, flow.context)
        flow.begin()


def test_a_column_that_comes_while_the_tenant_moves_is_named(flow: Flow) -> None:
    flow.sender.execute("INSERT INTO bare VALUES (1, 'a')")
    flow.sender.execute("ALTER TABLE plain ADD colour text")
    flow.sender.execute("INSERT INTO plain (id) VALUES (1)")
    with pytest.raises(PermanentProblem, match=r"plain: the column colour was added"), flow.applier() as applier:
        applier.until(flow.now())


def test_whoever_was_replaced_is_refused(flow: Flow) -> None:
    flow.sender.execute("INSERT INTO bare VALUES (1, 'a')")
    with pytest.raises(PermanentProblem, match="comes too late"), flow.applier() as applier:
        later = on_shard.context(flow.stream.receiver, token=7, operation=900_101)
        flow.receiver.execute(
            "SELECT novaops_schema.fence(%s, %s, 7, 900101)", (flow.stream.made_by.console, str(later.locks[0]))
        )
        applier.until(flow.now())
    flow.receiver.execute("DELETE FROM novaops_schema.fences WHERE console = %s", (flow.stream.made_by.console,))


def test_a_later_one_takes_the_slot_from_one_that_is_frozen(flow: Flow) -> None:
    flow.sender.execute("INSERT INTO bare VALUES (1, 'a')")
    with pytest.raises(TransientProblem), flow.applier() as first:
        first.until(flow.now())
        flow.sender.execute("INSERT INTO bare VALUES (2, 'b')")
        with flow.applier() as second:
            second.until(flow.now())
        assert flow.different() == {}
        first.step(1)
        pytest.fail("its connection was not ended")


def test_lenient_changes_of_rows_that_are_there_or_not(flow: Flow) -> None:
    """As after a copy that was made in the middle of them."""
    run, there = flow.sender.execute, flow.receiver.execute
    run(f"INSERT INTO plain (id, name, long) SELECT n, n, {LONG} FROM generate_series(1, 30) n".encode())
    run(f"INSERT INTO counted (id, long, note) SELECT n, {LONG}, 'note' FROM generate_series(1, 9) n".encode())
    run("UPDATE plain SET name = 'x' || name WHERE id < 15")
    run("UPDATE plain SET id = id + 100 WHERE id BETWEEN 20 AND 25")
    run("UPDATE counted SET note = 'x' WHERE id < '5'")
    run("UPDATE counted SET id = 'x' || id WHERE id > '7'")
    run("DELETE FROM plain WHERE id = 5")
    run("UPDATE plain SET name = 'gone' WHERE id = 6")
    run("UPDATE plain SET name = 'other' WHERE id = 6")
    run("UPDATE plain SET name = 'gone' WHERE id = 7")
    for row in run("SELECT * FROM plain WHERE id IN (7, 1, 123)").fetchall():
        there("INSERT INTO novaops_applying_tests.plain VALUES (%s, %s, %s, %s)", row)
    flow.lenient_until(flow.now())
    applied(flow)
    run("DELETE FROM plain WHERE id = 1")
    applied(flow)


@pytest.mark.parametrize("kind", [psycopg2.DatabaseError, psycopg2.OperationalError, psycopg2.InterfaceError])
def test_a_connection_that_breaks_in_the_middle_of_a_stream_is_worth_another_try(kind: type[Exception]) -> None:
    """A leader that is killed ends it so."""
    with pytest.raises(TransientProblem, match="The leader of shard-1: error with status"), told_by(SAYS):
        raise kind("error with status PGRES_COPY_BOTH and no message from the libpq")


def test_what_a_server_refuses_is_not_tried_again() -> None:
    with pytest.raises(PermanentProblem), told_by(SAYS):
        raise psycopg2.errors.UndefinedObject("slot is not there")
