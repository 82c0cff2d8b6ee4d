"""A move from its request to its end, its way back, and what an application sees meanwhile; on real shards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.moves.models import Move, Phase
from shards.moves.streams import Stream
from shards.placement.models import PlacementChange
from shards.placement.selectors import place_of
from tests.conftest import MakePerson
from tests.moves import two_shards
from tests.moves.tenants import gate, left_of, placed, rows_of

pytestmark = pytest.mark.django_db(transaction=True)
STREAMS = (two_shards.in_shared_tables("novaops move tests", 1), two_shards.own_schema("novaops_move_tests", 1))


@pytest.fixture(params=STREAMS, ids=["rows", "schema"])
def stream(request: pytest.FixtureRequest) -> Stream:
    found: Stream = request.param
    return found


@contextmanager
def in_fleet(fleet: Fleet) -> Iterator[None]:
    with tenant_context(fleet):
        yield


def carried_out(person: MakePerson, kind: str, **parameters: Any) -> Operation:
    operator = person("operator")
    operation = services.request(kind, parameters, operator, "A test.")
    assert operation.status == Status.PLANNED, operation.outcome
    services.confirm(operation, operator, operation.plan.confirm)
    execute(operation.pk)
    operation.refresh_from_db()
    return operation


def test_a_tenant_moves_and_its_old_shard_forgets_it(live_fleet: Fleet, person: MakePerson, stream: Stream) -> None:
    with in_fleet(live_fleet), placed(stream) as (source, target):
        before = rows_of(source, stream)
        assert set(before) == {"users", "vms", "vms_hot", "vms_cold", "vm_audit", "vm_metrics"}
        moved = carried_out(person, "tenant-move", tenant=stream.tenant_id, target=stream.receiver, way_back_hours=0)
        assert moved.status == Status.DONE, moved.outcome
        assert rows_of(target, stream) == before
        assert gate(target, stream.tenant_id) == ("open", 2, None)
        assert not rows_of(source, stream) and gate(source, stream.tenant_id) is None
        move = Move.objects.get(operation=moved)
        assert move.phase == Phase.FINISHED and move.pause_ms and not left_of(move, source, target)
        place = place_of(stream.tenant_id)
        assert place and (place.shard, place.epoch) == (stream.receiver, 2)
        changes = PlacementChange.objects.filter(tenant_id=stream.tenant_id).values_list("epoch", "shard__name")
        assert sorted(changes) == [(1, stream.sender), (2, stream.receiver)]


def test_a_move_is_taken_back(live_fleet: Fleet, person: MakePerson, stream: Stream) -> None:
    with in_fleet(live_fleet), placed(stream) as (source, target):
        before = rows_of(source, stream)
        moved = carried_out(person, "tenant-move", tenant=stream.tenant_id, target=stream.receiver)
        assert moved.status == Status.DONE, moved.outcome
        move = Move.objects.get(operation=moved)
        assert move.phase == Phase.MOVED and gate(source, stream.tenant_id) == ("away", 2, stream.receiver)
        back = carried_out(person, "tenant-move-back", operation=moved.pk)
        assert back.status == Status.DONE, back.outcome
        move.refresh_from_db()
        assert move.phase == Phase.REVERTED and not left_of(move, source, target)
        assert rows_of(source, stream) == before and gate(source, stream.tenant_id) == ("open", 3, None)
        assert not rows_of(target, stream) and gate(target, stream.tenant_id) is None
