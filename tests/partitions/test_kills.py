"""kill -9 between any two lines of a creation of partitions: another worker carries it on, or takes it back."""

import os
import signal
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context
from psycopg import sql

from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation, OperationLock
from shards.leftovers.survey import leftovers
from tests.conftest import MakePerson
from tests.killing import killed_at, lines_of, places, started, taken_over
from tests.partitions.test_create import SCHEMA, SHARD, dress, events, leader, plan
from tests.waiting import wait_for

__all__ = ["events", "leader"]
pytestmark = pytest.mark.django_db(transaction=True)
WATCHED = ["shards/partitions/", "shards/fences.py", "novaops/operations/stepping.py", "novaops/operations/endings.py"]
Leader = psycopg.Connection[Any]
BEFORE = ["events_202611", "events_default"]


def queued(fleet: Fleet, person: MakePerson, **more: Any) -> Operation:
    operation = plan(fleet, person, **more)
    assert operation.status == Status.PLANNED, operation.outcome
    return services.confirm(operation, person("operator"), operation.plan.confirm)


def attached(leader: Leader) -> list[str]:
    rows = leader.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass")
    return sorted(row[0] for row in rows.fetchall())


def left_behind() -> list[str]:
    return [one.sentence for one in leftovers(SHARD) if SCHEMA in one.name]


def test_a_worker_that_dies_anywhere_leaves_a_creation_that_is_carried_on(
    events: Leader, live_fleet: Fleet, person: MakePerson
) -> None:
    with tenant_context(live_fleet):
        lines = lines_of(queued(live_fleet, person, count=1), WATCHED)
        assert lines > 50
        like = dress(events, "events_202611")
        for line in places(lines):
            events.execute("DROP TABLE events_202612")
            operation = queued(live_fleet, person, count=1)
            died = killed_at(line, operation, WATCHED)
            taken_over(operation)
            assert operation.status == Status.DONE, (line, died, operation.outcome)
            assert attached(events) == [*BEFORE[:1], "events_202612", *BEFORE[1:]], f"after dying at line {line}"
            assert dress(events, "events_202612") == like
        assert not OperationLock.objects.exists() and not left_behind()
        assert verify().whole


def test_a_worker_that_dies_anywhere_while_it_takes_back_leaves_that_to_the_next(
    events: Leader, live_fleet: Fleet, person: MakePerson
) -> None:
    """The third partition cannot be made: somebody put a table there after the plan."""
    with tenant_context(live_fleet):
        lines = lines_of(doomed(events, live_fleet, person), WATCHED)
        for line in places(lines):
            operation = doomed(events, live_fleet, person)
            died = killed_at(line, operation, WATCHED)
            taken_over(operation)
            assert operation.status == Status.FAILED, (line, died, operation.outcome)
            assert "was taken back" in operation.outcome, (line, operation.outcome)
            assert attached(events) == BEFORE, f"after dying at line {line}"
        assert not OperationLock.objects.exists()
        assert verify().whole


def doomed(events: Leader, fleet: Fleet, person: MakePerson) -> Operation:
    """It is past its start, where a taken name would still stop it."""
    events.execute("DROP TABLE IF EXISTS events_202701")
    operation = queued(fleet, person, count=2)
    operation.steps.filter(index=0).update(status="running", attempts=1)
    events.execute("CREATE TABLE events_202701 ()")
    return operation


def test_a_worker_that_dies_waiting_for_a_lock_leaves_nothing_half_made(
    events: Leader, live_fleet: Fleet, person: MakePerson
) -> None:
    """In the middle of its transaction: the table is made, and its attachment waits for a reader of the default one."""
    with tenant_context(live_fleet):
        operation = queued(live_fleet, person, count=1)
        with events.transaction():
            events.execute("LOCK TABLE events_default IN ACCESS SHARE MODE")
            worker = started(operation)
            wait_for(lambda: waiting(events), "the worker to wait for the lock", every=0.02)
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)
        taken_over(operation)
        assert operation.status == Status.DONE, operation.outcome
        assert attached(events) == ["events_202611", "events_202612", "events_default"] and not left_behind()


def waiting(leader: Leader) -> bool:
    query = sql.SQL(
        "SELECT FROM pg_locks WHERE NOT granted AND relation = {}::regclass"
        " AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    ).format(sql.Literal(f"{SCHEMA}.events_default"))
    return leader.execute(query).fetchone() is not None
