"""A real slot: what it tells of a table of the test's own, as it was sent."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from shards.decoding.pgoutput import UNCHANGED, Commit, Message, Parser, Row, Told, Truncate
from shards.decoding.replication import Replication, position_of
from shards.partitions.leader import find
from tests import on_shard
from tests.waiting import wait_for

SHARD = "shard-1"
Shard = psycopg.Connection[Any]


@pytest.fixture
def shard(live_fleet: Fleet) -> Iterator[Shard]:
    with tenant_context(live_fleet), on_shard.session(SHARD) as connection:
        yield connection


@pytest.fixture
def table(shard: Shard) -> Iterator[str]:
    """Published under its own name; gone afterwards."""
    name = f"test_decoding_{uuid.uuid4().hex[:8]}"
    shard.execute(f"CREATE TABLE {name} (id serial PRIMARY KEY, at timestamptz, long text, flag boolean)")
    shard.execute(f"ALTER TABLE {name} ALTER long SET STORAGE EXTERNAL")
    shard.execute(f"CREATE PUBLICATION {name} FOR TABLE {name}")
    yield name
    shard.execute(f"DROP TABLE {name}")
    shard.execute(f"DROP PUBLICATION {name}")


@pytest.fixture
def replication(live_fleet: Fleet) -> Iterator[Replication]:
    with tenant_context(live_fleet), Replication(find(SHARD), "novaops test") as found:
        yield found


def until(replication: Replication, over: Callable[[list[Told]], bool]) -> list[Told]:
    """What is told until that is so."""
    parser, found = Parser(decode=False), list[Told]()

    def more() -> bool:
        while (data := replication.read()) is not None:
            told = parser.parse(data)
            if told is not None:
                found.append(told)
        return over(found)

    wait_for(more, "the slot to tell")
    return found


def commits(number: int) -> Callable[[list[Told]], bool]:
    return lambda told: sum(isinstance(one, Commit) for one in told) >= number


def test_rows_come_as_text_whatever_the_session_is_set_to(replication: Replication, shard: Shard, table: str) -> None:
    began = replication.make(table, temporary=True)
    replication.start(table, (table,))
    shard.execute("SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'")
    shard.execute(f"INSERT INTO {table} (at, long, flag) VALUES ('2026-03-01T12:00:00.5Z', repeat('ä', 9000), true)")
    shard.execute(f"UPDATE {table} SET flag = NULL")
    shard.execute(f"DELETE FROM {table}")
    shard.execute(f"TRUNCATE {table} RESTART IDENTITY CASCADE")
    found = until(replication, commits(4))
    made, changed, gone = (one for one in found if isinstance(one, Row))
    assert made.values == {"id": "1", "at": "2026-03-01 12:00:00.5+00", "long": "ä" * 9000, "flag": "t"}
    assert changed.values["long"] is UNCHANGED and changed.values["flag"] is None and changed.old_key is None
    assert gone.values == {"id": "1"}
    [emptied] = (one for one in found if isinstance(one, Truncate))
    assert emptied.cascade and emptied.restart_identity
    assert min(one.lsn for one in found if isinstance(one, Commit)) >= began


def test_words_of_applications_are_told_when_asked_for(replication: Replication, shard: Shard, table: str) -> None:
    replication.make(table, temporary=True)
    replication.start(table, (table,), messages=True, binary=True)
    row = shard.execute("SELECT pg_logical_emit_message(true, 'novaops test', 'x')::text").fetchone()
    shard.execute(f"INSERT INTO {table} (flag) VALUES (true)")
    found = until(replication, commits(2))
    [said] = (one for one in found if isinstance(one, Message) and one.prefix == "novaops test")
    assert said.transactional and said.content == b"x" and row and said.lsn == position_of(row[0])
    [made] = (one for one in found if isinstance(one, Row))
    assert made.values["flag"] == b"\x01" and made.values["id"] == b"\0\0\0\x01"


def test_what_was_done_with_is_not_told_again(replication: Replication, shard: Shard, table: str) -> None:
    replication.make(table, temporary=True)
    shard.execute(f"INSERT INTO {table} (flag) VALUES (true)")
    row = shard.execute("SELECT pg_current_wal_lsn()::text").fetchone()
    assert row is not None
    shard.execute(f"INSERT INTO {table} (flag) VALUES (false)")
    replication.start(table, (table,), from_lsn=position_of(row[0]))
    [later] = (one for one in until(replication, commits(1)) if isinstance(one, Row))
    assert later.values["flag"] == "f"
