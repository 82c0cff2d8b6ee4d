"""Rows are copied from one real shard to another: every type, whatever breaks in between."""

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context
from psycopg import sql

from novaops.fleets.models import Fleet
from novaops.operations.contract import PermanentProblem, StepContext
from shards import fences
from shards.clients.postgres import Session
from shards.moves import chunks, housing
from shards.moves.catalog import tables_of
from shards.moves.chunks import by_index, chunks_of, plan_chunks
from shards.moves.copying.blocks import BLOCK, blocks
from shards.moves.copying.copy import Copied, Relief, copy
from shards.moves.copying.older import end_older
from shards.moves.copying.part import Errand, bring
from shards.moves.sessions import leaders_of, receiving, sending
from shards.moves.streams import Stream
from shards.moves.tables import Table
from shards.moves.throttle import Throttle, Unhindered
from tests import killing, on_shard
from tests.moves import every_type, two_shards
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
OWN = two_shards.own_schema("novaops_copy_tests", 900_011)
ROWS = two_shards.in_shared_tables("novaops copy tests", 900_012)
PAST = "CREATE TABLE vm_audit_past PARTITION OF vm_audit FOR VALUES FROM ('1999-01-01') TO ('1999-01-02')"
AUDITED = """
    INSERT INTO vm_audit (at, tenant_id, vm_id, action)
    SELECT at + n * interval '1 minute', %s, gen_random_uuid(), 'made'
    FROM generate_series(1, 200) AS n, unnest(ARRAY['1999-01-01', '1998-01-01', now()]::timestamptz[]) AS at
"""
Leaders = tuple[psycopg.Connection[Any], psycopg.Connection[Any]]


@pytest.fixture
def leaders(live_fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> Iterator[Leaders]:
    monkeypatch.setattr(chunks, "ROWS", 250)
    with tenant_context(live_fleet), two_shards.on_both(OWN) as (sender, receiver):
        sender.execute(f"CREATE SCHEMA {OWN.schema_name}; SET search_path = {OWN.schema_name}")
        two_shards.enrol(sender, OWN)
        two_shards.arrive(receiver, OWN)
        yield sender, receiver


@pytest.fixture
def items(leaders: Leaders) -> Leaders:
    """A thousand rows in four parts."""
    leaders[0].execute(
        "CREATE TABLE items (id integer PRIMARY KEY, body text NOT NULL);"
        " INSERT INTO items SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 1000) AS n"
    )
    build()
    return leaders


def context(stream: Stream = OWN, token: int = 1) -> StepContext:
    return on_shard.context(stream.receiver, token, stream.made_by.operation)


def build(stream: Stream = OWN) -> tuple[Table, ...]:
    with sending(stream, 60) as sender, receiving(stream, 60) as receiver:
        with fences.writing(receiver, context(stream)):
            pass
        housing.build(context(stream), stream, sender, receiver)
        return tables_of(sender, stream)


def copied(
    stream: Stream = OWN, token: int = 1, throttle: Throttle | None = None, relief: Relief | None = None
) -> Copied:
    with sending(stream, 60) as sender, receiving(stream, 60) as receiver:
        if token > 1:
            with fences.writing(receiver, context(stream, token)):
                pass
        tables = tables_of(sender, stream)
    return copy(context(stream, token), stream, tables, throttle or Unhindered(), relief=relief or Relief())


def texts(session: psycopg.Connection[Any], table: str, where: str = "true") -> list[str]:
    query = f"SELECT t::text FROM {table} AS t WHERE {where} ORDER BY 1"
    return [row[0] for row in session.execute(query.encode()).fetchall()]


def same(leaders: Leaders, table: str, where: str = "true") -> int:
    ours, theirs = (texts(session, table, where) for session in leaders)
    assert ours == theirs
    return len(ours)


class Breaking(Unhindered):
    """Does something, once, when so many bytes have passed, in whatever thread that is."""

    def __init__(self, after: int, what: Callable[[], object]) -> None:
        self.left, self.what, self._to_do = after, what, threading.Semaphore(1)

    def pass_on(self, size: int) -> None:
        self.left -= size
        if size and self.left < 0 and self._to_do.acquire(blocking=False):
            self.what()


def break_off() -> None:
    raise PermanentProblem("Cancelled.")


def test_every_type_arrives_as_it_was(leaders: Leaders) -> None:
    sender, _ = leaders
    known = {row[0] for row in sender.execute(every_type.KNOWN).fetchall()}
    tried = {every_type.SPOKEN.get(name, name) for name in every_type.VALUES}
    assert known - tried == every_type.NO_COLUMN
    sender.execute(every_type.TYPES.encode())
    sender.execute(every_type.table("every").encode())
    # Those whose values have a binary form that means the same everywhere, once more: the first table goes as text.
    binary = [f"c{number}" for number, kind in enumerate(every_type.VALUES) if kind in portable(sender)]
    assert len(binary) > 50
    sender.execute(f"CREATE TABLE portable AS SELECT id, {', '.join(binary)} FROM every".encode())
    sender.execute("ALTER TABLE portable ADD PRIMARY KEY (id)")
    sender.execute("""
        CREATE TABLE made (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea, "a ""b" text COLLATE "C",
            size integer GENERATED ALWAYS AS (length(body)) STORED);
        ALTER TABLE made ALTER body SET STORAGE EXTERNAL;
        INSERT INTO made (body) VALUES (decode(repeat('00ff5c', 7000000), 'hex')), (NULL), ('');
    """)
    tables = {table.name: table.portable for table in build()}
    assert tables == {"every": False, "portable": True, "made": True}
    assert copied().rows == 7
    assert same(leaders, "novaops_copy_tests.every") == 2
    assert same(leaders, "novaops_copy_tests.portable") == 2
    assert same(leaders, "novaops_copy_tests.made") == 3


def portable(sender: psycopg.Connection[Any]) -> set[str]:
    """By the column's number in VALUES: names of types whose column in `every` is portable."""
    with sending(OWN, 60) as session:
        table = next(table for table in tables_of(session, OWN) if table.name == "every")
    kinds = list(every_type.VALUES)
    return {kinds[int(column.name[1:])] for column in table.columns if column.name != "id" and column.portable}


def test_rows_of_shared_tables_arrive_in_the_partitions_of_their_time(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet), two_shards.on_both(ROWS) as both:
        sender, receiver = both
        two_shards.enrol(sender, ROWS)
        sender.execute(PAST)
        try:
            sender.execute(AUDITED, (ROWS.tenant_id,))
            two_shards.arrive(receiver, ROWS)
            build(ROWS)
            # Somebody else's rows stay, a second copy has nothing to do.
            assert copied(ROWS).rows == 600
            assert copied(ROWS).rows == 0
            mine = "tenant_id = 'novaops copy tests'"
            assert same(both, "vm_audit", mine) == 600
            for partition in ("vm_audit_past", "vm_audit_default"):
                assert same(both, partition, mine) == 200
            with receiving(ROWS, 60) as session:
                housing.take_away(context(ROWS), ROWS, session)
                assert texts(receiver, "vm_audit_past") != []
                receiver.execute("SET session_replication_role = replica")
                receiver.execute(f"DELETE FROM vm_audit_past WHERE {mine}".encode())
                housing.take_away(context(ROWS), ROWS, session)
            assert receiver.execute("SELECT to_regclass('vm_audit_past')").fetchone() == (None,)
        finally:
            for leader in both:
                leader.execute("DROP TABLE IF EXISTS vm_audit_past")


def test_a_copy_that_is_broken_off_goes_on_where_it_stopped(items: Leaders) -> None:
    with pytest.raises(PermanentProblem, match="Cancelled"):
        copied(throttle=Breaking(300_000, break_off))
    sender, receiver = items
    done = receiver.execute(
        "SELECT coalesce(sum(rows), 0), max(strict_from) FROM novaops_schema.arrival_chunks"
        " JOIN novaops_schema.arrivals USING (stream) WHERE stream = %s AND copied_at IS NOT NULL",
        (OWN.name,),
    ).fetchone()
    there = len(texts(receiver, "novaops_copy_tests.items"))
    assert done is not None and done[0] == there < 1000
    assert copied().rows == 1000 - there
    assert same(items, "novaops_copy_tests.items") == 1000
    ahead = receiver.execute(
        "SELECT strict_from <= %s AND strict_from > '0/0' FROM novaops_schema.arrivals WHERE stream = %s",
        (position(sender), OWN.name),
    ).fetchone()
    assert ahead == (True,)


def position(session: psycopg.Connection[Any]) -> str:
    row = session.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
    assert row is not None
    return str(row[0])


def test_a_part_is_there_wholly_or_not_wherever_its_worker_dies(items: Leaders) -> None:
    tables = build()
    with sending(OWN, 60) as sender, receiving(OWN, 60) as receiver:
        planned = plan_chunks(context(), sender, receiver, OWN, tables)
    errand = Errand(context(), fences.console_id(), OWN, leaders_of(OWN), {table.full_name: table for table in tables})
    work = partial(bring, errand, planned[1], lambda size: None)
    died, line = 0, 1
    while killing.dies_at(line, work, ["shards/moves/copying/part.py"]):
        died, line = died + 1, line + 4
        whole(items)
    assert died >= 8
    assert whole(items) == 250
    assert copied().rows == 750
    assert same(items, "novaops_copy_tests.items") == 1000


def whole(leaders: Leaders) -> int:
    """How many rows are there, once the server knows that their worker has gone: as many as are written down."""
    receiver = leaders[1]
    gone = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'novaops copy %')"
    wait_for(lambda: receiver.execute(gone).fetchone() == (True,), "the end of the worker's session")
    with receiving(OWN, 60) as session:
        written = sum(chunk.rows or 0 for chunk in chunks_of(session, OWN))
    assert len(texts(receiver, "novaops_copy_tests.items")) == written
    return written


def test_a_worker_that_froze_is_replaced_and_writes_no_more(items: Leaders) -> None:
    child = killing.begun(lambda: copied(throttle=Breaking(0, killing.freeze)))
    try:
        killing.frozen(child)
        with receiving(OWN, 60) as session:
            # The frozen one holds its fence; ended, it does no more.
            ended(session)
        assert copied(token=2).rows == 1000
    finally:
        os.kill(child, signal.SIGCONT)
        code = killing.ended(child)
    assert code == 1
    assert same(items, "novaops_copy_tests.items") == 1000


def ended(session: Session) -> None:
    assert end_older(session, context(token=2), OWN) >= 1


def test_changes_are_applied_in_between_when_too_much_is_kept_for_them(items: Leaders) -> None:
    """Relief writes rows of parts that are not there yet: the part brings them as they are by then."""
    sender, receiver = items
    brought: list[int] = []

    def apply() -> None:
        brought.append(1)
        sender.execute("UPDATE items SET body = 'new' WHERE id = 990; DELETE FROM items WHERE id = 991")
        receiver.execute("INSERT INTO novaops_copy_tests.items VALUES (990, 'new'), (991, 'old')")

    assert copied(relief=Relief(lambda: not brought, apply)).rows == 999
    assert same(items, "novaops_copy_tests.items") == 999


def test_rows_that_are_read_leave_no_objects_behind(leaders: Leaders) -> None:
    """Else Python looks through all that it knows once for every 700 rows, which takes longer than to read them."""
    query = sql.SQL("COPY (SELECT n FROM generate_series(1, 200000) AS n) TO STDOUT").format()
    with sending(OWN, 60) as sender:
        before = gc.get_stats()[0]["collections"]
        found = [bytes(block) for block in blocks(sender, query, {})]
        assert gc.get_stats()[0]["collections"] - before < 30
    assert b"".join(found) == b"".join(b"%d\n" % n for n in range(1, 200_001))
    assert all(BLOCK <= len(block) < BLOCK + 10 for block in found[:-1])


def test_rows_come_in_the_order_of_their_key(leaders: Leaders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where PostgreSQL would rather read them as they lie."""

    def with_slow_disks(session: Session) -> None:
        by_index(session)
        session.execute("SET LOCAL random_page_cost = 100")

    monkeypatch.setattr(chunks, "by_index", with_slow_disks)
    leaders[0].execute(
        "CREATE TABLE items (id integer PRIMARY KEY, body text NOT NULL);"
        " INSERT INTO items SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 1000) AS n ORDER BY 2;"
        " ANALYZE items"
    )
    build()
    assert copied().rows == 1000
    lie = "SELECT id FROM novaops_copy_tests.items ORDER BY ctid"
    ids = [row[0] for row in leaders[1].execute(lie.encode()).fetchall()]
    for part in range(4):
        rows = [number for number in ids if (number - 1) // 250 == part]
        assert len(rows) == 250
        assert rows == sorted(rows)
