"""What a plan rests on, asked of two real shards: a tenant with a schema of its own."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from novaops.operations.contract import Lock, Plan
from novaops.operations.registry import kind
from shards.moves.gather import gather
from shards.moves.models import Move, Phase
from shards.moves.parameters import MoveParameters
from shards.placement.models import Isolation, Placement
from tests import on_shard
from tests.moves import two_shards
from tests.moves.operations import done_move

STREAM = two_shards.own_schema("planned_move", 71)
MAKE = """
    CREATE SCHEMA planned_move;
    CREATE TABLE planned_move.things (id bigint PRIMARY KEY, name text NOT NULL DEFAULT 'x');
    CREATE INDEX things_by_name ON planned_move.things (name);
"""
Leaders = tuple[psycopg.Connection[Any], psycopg.Connection[Any]]


@pytest.fixture
def leaders(live_fleet: Fleet) -> Iterator[Leaders]:
    with tenant_context(live_fleet), two_shards.on_both(STREAM) as (here, there):
        here.execute(MAKE)
        here.execute(
            "INSERT INTO planned_move.things SELECT n FROM generate_series(1, 1000) n; ANALYZE planned_move.things"
        )
        two_shards.enrol(here, STREAM)
        Placement.objects.create(
            tenant_id=STREAM.tenant_id,
            name="Planned",
            isolation=Isolation.SCHEMA,
            schema_name=STREAM.schema_name,
            shard=Shard.objects.get(name=two_shards.SENDER),
            since=timezone.now(),
        )
        yield here, there


def planned(**more: Any) -> Plan:
    moving = kind("tenant-move")
    parameters = MoveParameters(tenant=STREAM.tenant_id, target=two_shards.RECEIVER, **more)
    return moving.plan(parameters, moving.gather(parameters), timezone.now())


def refusals(plan: Plan) -> str:
    return " ".join(check.reason for check in plan.refusals)


def test_a_move_is_planned_from_what_both_shards_say(leaders: Leaders) -> None:
    plan = planned()
    assert plan.runnable, refusals(plan)
    assert plan.facts["tables"] == {"planned_move.things": ["id"]} and plan.facts["gate"] == "open"
    assert plan.blast.rows == 1000 and plan.blast.bytes
    assert planned().fingerprint == plan.fingerprint
    parameters = MoveParameters(tenant=STREAM.tenant_id, target=two_shards.RECEIVER)
    assert set(kind("tenant-move").locks(parameters)) == {
        Lock("tenant", STREAM.tenant_id),
        Lock("shard", two_shards.SENDER, shared=True),
        Lock("shard", two_shards.RECEIVER, shared=True),
    }


def test_what_is_there_already_is_compared_and_must_be_empty(leaders: Leaders) -> None:
    _, there = leaders
    there.execute(MAKE)
    assert planned().runnable, "a house that stands already is no obstacle"
    there.execute("INSERT INTO planned_move.things VALUES (1)")
    assert "holds rows of planned_move already, in planned_move.things" in refusals(planned())
    there.execute("ALTER TABLE planned_move.things ALTER name TYPE varchar(20)")
    found = gather(STREAM.tenant_id, two_shards.RECEIVER).differences
    assert [(one.what, one.there) for one in found if "column" in one.what] == [
        ("column name", "character varying(20) not null default 'x'::text")
    ]


def test_who_has_written_for_long_is_named(leaders: Leaders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shards.moves.gather.LONG_SECONDS", 0)
    with on_shard.session(two_shards.SENDER) as writer, writer.transaction():
        writer.execute("UPDATE planned_move.things SET name = 'y' WHERE id = 1")
        assert f"process {writer.info.backend_pid} of" in refusals(planned())


def test_a_way_back_that_is_open_is_the_inverse_and_keeps_others_away(leaders: Leaders) -> None:
    operation = done_move(STREAM.tenant_id, two_shards.SENDER, two_shards.RECEIVER, epoch=1)
    Move.objects.filter(operation=operation).update(phase=Phase.MOVED)
    assert f"Operation {operation.pk} keeps a way back open" in refusals(planned())
    parameters = MoveParameters(tenant=STREAM.tenant_id, target=two_shards.RECEIVER)
    plan = Plan.model_validate({"summary": "", "blast": {"summary": ""}, "facts": {"epoch": 1}})
    assert kind("tenant-move").inverse(parameters, plan) == ("tenant-move-back", {"operation": operation.pk})
    back = kind("tenant-move-back")
    asked = back.parameters.model_validate({"operation": operation.pk})
    made = back.plan(asked, back.gather(asked), timezone.now())
    assert "On shard-2 planned_move is unknown" in refusals(made), "its gate is where the move left it: nowhere yet"


def test_unknown_tenants_and_shards(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        assert "placed on no shard" in gather("nobody", two_shards.RECEIVER).problem
