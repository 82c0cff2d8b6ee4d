"""Comparing while the tenant writes, with a real stream: nothing is held against what is on its way, and what became
wrong is found before anybody could come to it."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context
from psycopg.types.json import Jsonb

from novaops.fleets.models import Fleet
from shards.moves.applying.applier import Applier
from shards.moves.comparing.compare import compare
from shards.moves.comparing.rows import Difference, RowsDiffer
from shards.moves.comparing.settling import recheck, settle
from shards.moves.sessions import receiving, sending
from tests import on_shard
from tests.moves import two_shards
from tests.moves.flowing import Flow, Leader, flowing

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.own_schema("novaops_comparing_live", 900_014)
ROWS, PARTS = 4000, 80
# What no writer ever touches: a wrong value there stays.
QUIET = range(1, 2001)
DDL = """
    CREATE TABLE items (id integer PRIMARY KEY, name text, long text, amount numeric);
    ALTER TABLE items ALTER long SET STORAGE EXTERNAL;
    CREATE TABLE tags (item integer, tag text, at timestamptz NOT NULL DEFAULT '2026-01-01', PRIMARY KEY (tag, item));
"""
FILLED = """
    INSERT INTO items SELECT n, 'name ' || n, repeat(n::text, 50), n / 4.0 FROM generate_series(1, 4000) AS n;
    INSERT INTO tags SELECT n, 'tag ' || n %% 7 FROM generate_series(1, 4000) AS n;
"""
# Each is a transaction; %(a)s and %(b)s are random keys, of which neither is a quiet one.
WRITES = (
    "UPDATE items SET name = name || '.', amount = amount + 1 WHERE id = %(a)s",
    "UPDATE items SET long = repeat(md5(name), 80) WHERE id IN (%(a)s, %(b)s)",
    "DELETE FROM items WHERE id = %(a)s",
    "INSERT INTO items VALUES (%(a)s, 'new', repeat('x', 3000), 0.10) ON CONFLICT (id) DO UPDATE SET name = 'again'",
    "UPDATE items SET id = id + 10000 WHERE id = %(a)s AND NOT EXISTS (SELECT FROM items WHERE id = %(a)s + 10000)",
    "UPDATE tags SET tag = 'tag ' || %(b)s %% 9, at = at + interval '1 s' WHERE item = %(a)s"
    " AND NOT EXISTS (SELECT FROM tags WHERE item = %(a)s AND tag = 'tag ' || %(b)s %% 9)",
    "WITH gone AS (DELETE FROM tags WHERE item = %(a)s) UPDATE items SET amount = -amount WHERE id = %(b)s",
)


ITEMS = f"{STREAM.schema_name}.items"
# A quiet row of a part that the points before did not come to.
UNVERIFIED = f"""
    SELECT id FROM items WHERE id <= {QUIET[-1]} AND id / {ROWS // PARTS} IN (
        SELECT number FROM novaops_schema.arrival_chunks WHERE table_name = '{ITEMS}' AND verified_at IS NULL
    ) LIMIT 1
"""


WRONG = "UPDATE items SET name = 'wrong' WHERE id = ({})"
# As an applier does that writes something else than it was told.
TOUCHED = f"""
    INSERT INTO novaops_schema.arrival_touched (stream, table_name, keys)
    SELECT stream, '{ITEMS}', '[["{QUIET[0]}"]]' FROM novaops_schema.arrivals WHERE tenant_id = '{STREAM.tenant_id}'
"""
BEFORE_ITS_POINT = (WRONG.format(UNVERIFIED),)
AFTER_ITS_POINT = (WRONG.format(QUIET[0]), TOUCHED)


class Betrayed(Applier):
    """An applier on whose receiver somebody changes a row, once: when a first point is over, right before the snapshots
    of the next."""

    receiver: Leader
    wrong: tuple[str, ...] = ()
    points = 0

    def until(self, lsn: int) -> None:
        super().until(lsn)
        self.points += 1
        if self.points == 2:
            with self.receiver.transaction():
                self.receiver.execute("SET LOCAL session_replication_role = replica")
                for statement in self.wrong:
                    assert self.receiver.execute(statement.encode()).rowcount == 1


@pytest.fixture
def flow(live_fleet: Fleet) -> Iterator[Flow]:
    with tenant_context(live_fleet), flowing(STREAM, DDL) as found:
        for session in (found.sender, found.receiver):
            session.execute("SELECT set_config('search_path', %s, false)", (STREAM.schema_name,))
            session.execute(FILLED.replace("%%", "%").encode())
        found.begin()
        _cut(found)
        yield found


def _cut(flow: Flow) -> None:
    step = ROWS // PARTS
    bounds = {"items": [[str(n)] for n in range(step, ROWS, step)], "tags": [[f"tag {n}", "0"] for n in range(7)]}
    for table, inner in bounds.items():
        ends = [None, *map(Jsonb, inner), None]
        with flow.receiver.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO novaops_schema.arrival_chunks (stream, table_name, number, lower, upper, copied_at)"
                " VALUES (%s, %s, %s, %s, %s, now())",
                [
                    (flow.stream.name, f"{STREAM.schema_name}.{table}", number, *pair)
                    for number, pair in enumerate(pairwise(ends))
                ],
            )


@contextmanager
def writing(flow: Flow, seed: int) -> Iterator[None]:
    """An application on the sender, in a thread, until the end."""
    stopped, chance, problems = threading.Event(), random.Random(seed), []
    quiet = len(QUIET)

    def write(session: psycopg.Connection[Any]) -> None:
        try:
            while not stopped.wait(chance.random() / 200):
                keys = {name: chance.randrange(quiet + 1, ROWS + 500) for name in ("a", "b")}
                with session.transaction():
                    for statement in chance.sample(WRITES, chance.randint(1, 3)):
                        session.execute(statement, keys)
        except psycopg.Error as problem:
            problems.append(problem)

    with on_shard.session(STREAM.sender) as session:
        session.execute("SELECT set_config('search_path', %s, false)", (STREAM.schema_name,))
        thread = threading.Thread(target=write, args=(session,))
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()
    assert not problems


def brought_to_an_end(flow: Flow, seed: int, wrong: tuple[str, ...] = ()) -> tuple[Difference, ...]:
    """What is found up to the last moment before a flip: the comparison at several points, rounds, the pause."""
    betrayed = Betrayed(flow.stream, flow.context, flow.tables)
    betrayed.receiver, betrayed.wrong = flow.receiver, wrong
    with betrayed as applier:
        with writing(flow, seed), sending(flow.stream, 120) as sender, receiving(flow.stream, 120) as receiver:
            compared = compare(flow.context, flow.stream, flow.tables, applier, point_seconds=0)
            assert compared.points > 1
            until = time.monotonic() + 60
            while recheck(sender, receiver, flow.context, flow.stream, flow.tables).left > 60:
                assert time.monotonic() < until
                applier.step(0.05)
        applier.until(flow.now())
    with sending(flow.stream, 30) as sender, receiving(flow.stream, 30) as receiver:
        return settle(sender, receiver, flow.stream, flow.tables)


def test_nothing_is_held_against_what_is_on_its_way(flow: Flow) -> None:
    assert brought_to_an_end(flow, 1) == ()
    assert flow.different() == {}


def test_a_row_that_was_changed_before_it_was_compared_is_found(flow: Flow) -> None:
    with pytest.raises(RowsDiffer) as raised:
        brought_to_an_end(flow, 3, BEFORE_ITS_POINT)
    assert [(one.table, one.columns) for one in raised.value.found] == [(ITEMS, ("name",))]


def test_a_row_that_was_written_wrongly_later_is_found_in_the_pause(flow: Flow) -> None:
    found = brought_to_an_end(flow, 4, AFTER_ITS_POINT)
    assert found == (Difference(ITEMS, (str(QUIET[0]),), ("name",)),)
