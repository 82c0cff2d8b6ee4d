"""A slot of a real shard goes by its name, with who reads from it."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import psycopg
import psycopg2
import pytest
from django_tenants.utils import tenant_context
from psycopg2.extras import LogicalReplicationConnection

from novaops.fleets.models import Fleet
from novaops.inventory.targets import Target
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.dataplane.published import PUBLICATION
from shards.partitions.leader import find
from shards.slots.gather import gather
from shards.slots.steps import STEPS
from tests import on_shard
from tests.conftest import MakePerson
from tests.waiting import wait_for

SHARD = "shard-1"
Session = psycopg.Connection[Any]


@pytest.fixture
def leader(live_fleet: Fleet) -> Target:
    with tenant_context(live_fleet):
        return find(SHARD)


@pytest.fixture
def session(live_fleet: Fleet) -> Iterator[Session]:
    with tenant_context(live_fleet), on_shard.session(SHARD) as found:
        yield found


@pytest.fixture
def slot(session: Session) -> Iterator[str]:
    name = f"slots_test_{uuid4().hex[:10]}"
    session.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", (name,))
    yield name
    session.execute(
        "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = %s AND active",
        (name,),
    )
    session.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", (name,)
    )


@pytest.fixture
def reader(leader: Target, slot: str) -> Iterator[None]:
    """Somebody reads from it."""
    connection = psycopg2.connect(
        host=leader.host,
        port=leader.port,
        dbname=leader.database,
        user=leader.login.username,
        password=leader.login.password,
        application_name="slots-test",
        connection_factory=LogicalReplicationConnection,
    )
    with connection.cursor() as cursor:
        cursor.start_replication(slot, options={"proto_version": "1", "publication_names": PUBLICATION})
    yield
    with suppress(psycopg2.Error):
        connection.close()


def asked(leader: Target, slot: str, person: MakePerson, **more: object) -> Operation:
    told = {"server": leader.name, "slot": slot, **more}
    return services.request("slot-drop", told, person("operator"), "The disk fills.")


@pytest.mark.django_db(transaction=True)
def test_it_goes_with_its_reader_when_that_is_said(
    live_fleet: Fleet, leader: Target, session: Session, slot: str, reader: None, person: MakePerson
) -> None:
    session.execute("SELECT pg_logical_emit_message(true, 'test', repeat('x', 200000))")
    with tenant_context(live_fleet):
        wait_for(lambda: (found := gather(leader.name, slot).slot) and found.reader, "the reader")
        refused = asked(leader, slot, person)
        assert refused.status == "refused" and "slots-test" in refused.outcome and "say so" in refused.outcome
        operation = asked(leader, slot, person, end_reader=True)
        assert operation.status == "planned", operation.outcome
        [held] = [check for check in operation.plan.checks if check.name == "What it holds"]
        assert held.evidence["held_bytes"] > 100_000 and held.evidence["plugin"] == "pgoutput"
        services.confirm(operation, person("operator"), operation.plan.confirm)
        services.approve(operation, person("approver"))
        execute(operation.pk)
        operation.refresh_from_db()
        assert operation.status == "done", operation.outcome
        assert gather(leader.name, slot).slot is None
        assert asked(leader, slot, person).outcome == "Nothing to do."
        step = operation.plan.steps[0]
        assert STEPS[step.key].done(on_shard.context(SHARD, arguments=step.arguments)), "who goes on finds it gone"


def test_members_slots_are_patronis_and_replicas_are_not_asked(
    live_fleet: Fleet, leader: Target, session: Session, person: MakePerson
) -> None:
    row = session.execute("SELECT slot_name::text FROM pg_replication_slots WHERE slot_type = 'physical'").fetchone()
    assert row
    with tenant_context(live_fleet):
        refused = asked(leader, row[0], person, end_reader=True)
        assert refused.status == "refused" and "It is a member's slot" in refused.outcome
        other = next(name for name in (f"{SHARD}-a", f"{SHARD}-b") if name != leader.name)
        assert not gather(other, row[0]).leads
