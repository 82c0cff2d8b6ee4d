"""Where a stream begins: its publication, its slot, and what the receiver knows of both."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.contract import PermanentProblem
from shards.fences import writing
from shards.moves import slots
from shards.moves.sessions import receiving, sending
from shards.moves.slots import Broken
from tests import on_shard
from tests.killing import dies_at
from tests.moves import two_shards
from tests.moves.flowing import Flow, flowing

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.own_schema("novaops_slots_tests", 900_104)
DDL = """
    CREATE TABLE one (id integer PRIMARY KEY);
    CREATE TABLE two (id integer PRIMARY KEY, at integer);
"""


@pytest.fixture
def flow(live_fleet: Fleet) -> Iterator[Flow]:
    with tenant_context(live_fleet), flowing(STREAM, DDL) as found:
        yield found


def value(flow: Flow, query: str) -> Any:
    """On the sender, of what has the stream's name."""
    row = flow.sender.execute(query.encode(), (flow.stream.name,)).fetchone()
    return row and row[0]


def test_it_is_made_once_and_dropped(flow: Flow) -> None:
    flow.begin()
    with receiving(flow.stream, 60) as receiver, sending(flow.stream, 60) as sender:
        first = slots.arrival_of(receiver, flow.stream)
        state = slots.state(sender, flow.stream)
        assert first is not None and state is not None
        assert first.applied == first.strict_from == state.confirmed and first.timeline > 0
        assert not state.active and state.held_bytes >= state.behind_bytes
        flow.begin()
        assert slots.arrival_of(receiver, flow.stream) == first
        said = value(flow, "SELECT obj_description(oid, 'pg_publication') FROM pg_publication WHERE pubname = %s")
        assert said == str(flow.stream.made_by)
        with flow.applier() as applier:
            applier.step(0.2)
            slots.drop(flow.stream, flow.context)
            slots.drop(flow.stream, flow.context)
            assert slots.state(sender, flow.stream) is None and slots.arrival_of(receiver, flow.stream) is None
    assert value(flow, "SELECT count(*) FROM pg_publication WHERE pubname = %s") == 0


def test_tables_come_and_go_in_a_publication_that_is_there(flow: Flow) -> None:
    flow.tables, several = flow.tables[:1], flow.tables
    flow.begin()
    flow.tables = several
    flow.begin()
    assert value(flow, "SELECT count(*) FROM pg_publication_tables WHERE pubname = %s") == 2


def test_tables_that_could_not_be_changed_any_more_are_not_published(flow: Flow) -> None:
    flow.sender.execute("ALTER TABLE novaops_slots_tests.one REPLICA IDENTITY NOTHING")
    with pytest.raises(PermanentProblem, match=r"one has no replica identity"):
        flow.begin()
    flow.tables = tuple(replace(table, shared=True) for table in flow.tables)
    with pytest.raises(PermanentProblem, match="that holds tenant_id"):
        flow.begin()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE novaops_schema.arrivals SET timeline = timeline - 1 WHERE stream = %s", "failed over, from timeline"),
        ("UPDATE novaops_schema.arrivals SET system_identifier = '7' WHERE stream = %s", "of another cluster"),
    ],
)
def test_a_history_that_has_ended_is_told(flow: Flow, change: str, says: str) -> None:
    flow.begin()
    flow.receiver.execute(change.encode(), (flow.stream.name,))
    with pytest.raises(Broken, match=says):
        slots.make_slot(flow.stream, flow.context)
    with pytest.raises(Broken, match=says), flow.applier():
        pass


def test_a_slot_that_is_gone_is_told(flow: Flow) -> None:
    flow.begin()
    flow.sender.execute("SELECT pg_drop_replication_slot(%s)", (flow.stream.name,))
    with pytest.raises(Broken, match="is gone"):
        slots.make_slot(flow.stream, flow.context)


def test_a_worker_that_dies_on_the_way_leaves_nothing_wrong(flow: Flow) -> None:
    """kill -9 at every line: whoever comes next has a slot that tells all that was written since the receiver knows."""
    with sending(flow.stream, 60) as session, writing(session, flow.context):
        slots.publish(session, flow.stream, flow.tables)
    line, number = 0, 0
    while True:
        line += 1
        died = dies_at(line, lambda: slots.make_slot(flow.stream, flow.context) and None, ["shards/moves/slots.py"])
        slots.make_slot(flow.stream, flow.context)
        number += 1
        flow.sender.execute("INSERT INTO novaops_slots_tests.one VALUES (%s)", (number,))
        with flow.applier() as applier:
            applier.until(flow.now())
        there = flow.receiver.execute("SELECT FROM novaops_slots_tests.one WHERE id = %s", (number,)).fetchone()
        assert there is not None
        slots.drop(flow.stream, on_shard.context(flow.stream.receiver, operation=flow.stream.made_by.operation))
        with sending(flow.stream, 60) as session, writing(session, flow.context):
            slots.publish(session, flow.stream, flow.tables)
        if not died:
            return
