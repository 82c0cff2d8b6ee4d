"""A creation that ends early takes back what it made, and nothing else."""

from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.contract import PermanentProblem
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.partitions import steps, undoing
from tests import on_shard
from tests.conftest import MakePerson
from tests.partitions.test_create import SHARD, dress, events, leader, plan

__all__ = ["events", "leader"]
pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("events_202612", "events_202701", "events_202702")


@pytest.fixture
def half_done(events: psycopg.Connection[Any], live_fleet: Fleet, person: MakePerson) -> Operation:
    """Two of three partitions are made; where the third would be, somebody has put a table since."""
    operation = plan(live_fleet, person, count=3)
    with tenant_context(live_fleet):
        services.confirm(operation, person("operator"), operation.plan.confirm)
        for step in operation.steps.filter(index__lt=2):
            steps.create(on_shard.context(SHARD, 0, operation.pk, step.arguments))
            operation.steps.filter(pk=step.pk).update(status="done", attempts=1)
    events.execute(f"CREATE TABLE {NAMES[2]} ()")
    return operation


def ended(fleet: Fleet, operation: Operation) -> Operation:
    with tenant_context(fleet):
        execute(operation.pk)
        operation.refresh_from_db()
        return operation


def test_what_a_failed_creation_had_made_is_gone_again(
    half_done: Operation, events: psycopg.Connection[Any], live_fleet: Fleet
) -> None:
    operation = ended(live_fleet, half_done)
    assert operation.status == Status.FAILED and "was taken back" in operation.outcome
    assert [dress(events, name) for name in NAMES[:2]] == [(), ()]
    assert dress(events, NAMES[2]), "not this operation's"
    with tenant_context(live_fleet):
        assert [step.status for step in operation.steps.all()] == ["undone", "undone", "undone", "skipped"]


def test_a_partition_that_has_taken_rows_stays(
    half_done: Operation, events: psycopg.Connection[Any], live_fleet: Fleet
) -> None:
    events.execute("INSERT INTO events (tenant_id, month) VALUES ('a', 202612)")
    operation = ended(live_fleet, half_done)
    with tenant_context(live_fleet):
        assert operation.steps.get(index=0).outcome == "events_202612 has taken rows, and stays."
    assert events.execute("SELECT count(*) FROM events_202612").fetchone() == (1,)
    assert dress(events, NAMES[1]) == ()


def test_a_partition_that_somebody_else_made_stays(
    half_done: Operation, events: psycopg.Connection[Any], live_fleet: Fleet
) -> None:
    events.execute("DROP TABLE events_202612")
    events.execute("CREATE TABLE events_202612 PARTITION OF events FOR VALUES FROM (202612) TO (202701)")
    ended(live_fleet, half_done)
    assert dress(events, NAMES[0])


def test_a_worker_that_was_replaced_takes_nothing_back(
    half_done: Operation, events: psycopg.Connection[Any], live_fleet: Fleet
) -> None:
    with tenant_context(live_fleet):
        arguments = half_done.steps.get(index=0).arguments
        newer = on_shard.context(SHARD, 9, half_done.pk, half_done.steps.get(index=1).arguments)
        assert undoing.take_back(newer) == "events_202701 was empty and is gone again."
        with pytest.raises(PermanentProblem, match="comes too late"):
            undoing.take_back(on_shard.context(SHARD, 8, half_done.pk, arguments))
    assert dress(events, NAMES[0])
