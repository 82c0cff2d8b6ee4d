"""Fences, with two real sessions: of two workers that believe to have an operation, the shard lets the newer act."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.contract import Lock, PermanentProblem, TransientProblem
from shards.clients.postgres import Session
from shards.fences import fence, writing
from shards.marks import Mark, mark_of
from shards.partitions.leader import session_on
from tests import on_shard
from tests.waiting import wait_for

SHARD = "shard-1"
TABLE = "novaops_fence_tests"
OLD, NEW = on_shard.context(SHARD, token=7), on_shard.context(SHARD, token=8)


@pytest.fixture
def leader(live_fleet: Fleet) -> Iterator[psycopg.Connection[Any]]:
    """With a table of the test's own."""
    with tenant_context(live_fleet), on_shard.session(SHARD) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {TABLE}; CREATE TABLE {TABLE} (written_by integer)")
        yield connection
        connection.execute(f"DROP TABLE {TABLE}")


def write(session: Session, by: int) -> None:
    session.execute(f"INSERT INTO {TABLE} VALUES ({by})")


def written(leader: psycopg.Connection[Any]) -> list[int]:
    return [row[0] for row in leader.execute(f"SELECT written_by FROM {TABLE} ORDER BY 1").fetchall()]


def test_a_worker_that_was_replaced_is_refused_by_the_shard(leader: psycopg.Connection[Any]) -> None:
    """It had asked `hold` before it fell asleep; what it sends when it wakes up is not written."""
    with session_on(SHARD, 30) as session:
        with writing(session, OLD):
            write(session, 7)
        with writing(session, NEW):
            write(session, 8)
    late = r"comes too late for shard:shard-1: its token 7 is lower than 8"
    with pytest.raises(PermanentProblem, match=late), session_on(SHARD, 30) as session, writing(session, OLD):
        write(session, 7)
    assert written(leader) == [7, 8]
    with session_on(SHARD, 30) as session, writing(session, NEW):
        write(session, 8)
    assert written(leader) == [7, 8, 8], "the one that replaced it goes on"


def test_who_shares_a_shard_is_fenced_off_by_its_own_lock_alone(leader: psycopg.Connection[Any]) -> None:
    """Two moves on one shard: the one that began later does not put an end to the other."""
    early, late = (
        replace(on_shard.context(SHARD, token), locks=(Lock("tenant", name), Lock("shard", SHARD, shared=True)))
        for token, name in ((7, "fence-acme"), (8, "fence-blue"))
    )
    with session_on(SHARD, 30) as session:
        for worker in (early, late, early):
            with writing(session, worker):
                write(session, worker.fencing_token)
    assert written(leader) == [7, 7, 8]


def test_the_newer_worker_waits_for_what_the_older_one_is_writing(
    leader: psycopg.Connection[Any], live_fleet: Fleet
) -> None:
    ended = threading.Event()

    def newer(session: Session) -> None:
        with tenant_context(live_fleet), session.transaction():
            fence(session, NEW)
            write(session, 8)
        ended.set()
        connection.close()

    with session_on(SHARD, 60) as first, session_on(SHARD, 60) as second:
        with first.transaction():
            fence(first, OLD)
            thread = threading.Thread(target=newer, args=(second,))
            thread.start()
            pid = second.info.backend_pid
            wait_for(lambda: waits(leader, pid), "the newer worker to wait at the fence")
            write(first, 7)
            assert not ended.is_set()
        thread.join(60)
    assert ended.is_set() and written(leader) == [7, 8]


def waits(leader: psycopg.Connection[Any], pid: int) -> bool:
    return leader.execute("SELECT pg_blocking_pids(%s) <> '{}'", (pid,)).fetchone() == (True,)


def test_what_was_not_committed_leaves_no_fence(leader: psycopg.Connection[Any]) -> None:
    with session_on(SHARD, 30) as session:
        with pytest.raises(ZeroDivisionError), writing(session, NEW):
            raise ZeroDivisionError
        with writing(session, OLD):
            write(session, 7)
    assert written(leader) == [7]


def test_tokens_of_another_console_say_nothing(leader: psycopg.Connection[Any]) -> None:
    leader.execute("SELECT novaops_schema.fence('another', 'shard:shard-1', 1000, 1)")
    try:
        with session_on(SHARD, 30) as session, writing(session, OLD):
            write(session, 7)
    finally:
        leader.execute("DELETE FROM novaops_schema.fences WHERE console = 'another'")
    assert written(leader) == [7]


def test_marks_are_read_as_they_were_written() -> None:
    mine = Mark(12, "0123456789ab")
    assert mark_of("vms_202612", f"Kept by Ada. {mine}") == mine
    assert mark_of("novaops_op12_copy") == Mark(12)
    assert mark_of("novaops_op12_0123456789ab_out") == Mark(12, "0123456789ab")
    assert mark_of("vms_202612", "Ours") is None and mark_of("novaops_operator") is None


def test_a_worker_that_is_frozen_inside_its_transaction_loses_its_locks(leader: psycopg.Connection[Any]) -> None:
    """The server ends the session; the worker, should it wake up, is told to try again, and then that it is late."""
    with (
        pytest.raises(TransientProblem, match="idle-in-transaction timeout"),
        session_on(SHARD, 30) as frozen,
        writing(frozen, OLD, idle_seconds=1),
    ):
        frozen.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        wait_for(_taken_over, "the other worker to get the lock")
        write(frozen, 7)
    assert written(leader) == [8]


def _taken_over() -> bool:
    try:
        with session_on(SHARD, 30) as session, writing(session, NEW):
            write(session, 8)
    except TransientProblem:
        return False
    return True
