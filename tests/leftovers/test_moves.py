"""What a move makes belongs to it while it stands, and is left behind when it is over, or ended on the way."""

from collections.abc import Callable, Iterator

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from shards.fences import console_id
from shards.leftovers.known import Known
from shards.leftovers.of_moves import moves
from shards.leftovers.sorts import Sort
from shards.leftovers.survey import leftovers
from shards.marks import Mark
from shards.moves.models import Move, Phase
from shards.moves.streams import Stream
from tests import on_shard
from tests.leftovers.conftest import SHARD, Find, Leader, Remove
from tests.leftovers.tenants import clear, place, rows_of, settle
from tests.moves.operations import done_move

OTHER = "shard-2"
pytestmark = pytest.mark.django_db(transaction=True)
AWAY = "UPDATE tenants SET gate = 'away', moved_to = 'shard-2', epoch = 2 WHERE tenant_id = %s"
ENDS = {
    "copies": ("running", Phase.COPYING, True),
    "failed to copy": ("failed", Phase.COPYING, False),
    "moved": ("done", Phase.MOVED, True),
    "was taken back": ("failed", Phase.REVERTED, False),
    "is being finished": ("done", Phase.FINISHING, True),
}
ARRIVING = "UPDATE tenants SET gate = 'arriving', epoch = 0 WHERE tenant_id = %s"


@pytest.fixture
def other(live_fleet: Fleet) -> Iterator[Leader]:
    with tenant_context(live_fleet), on_shard.session(OTHER) as connection:
        yield connection


@pytest.fixture
def moved(name: str, leader: Leader, other: Leader, live_fleet: Fleet) -> Iterator[Move]:
    """From this shard to the other one, with its way back open: slot there, publication there, bookkeeping here."""
    with tenant_context(live_fleet):
        settle(leader, name, 3)
        settle(other, name, 3)
        leader.execute(AWAY, (name,))
        place(name, OTHER, epoch=2)
        operation = done_move(name, SHARD, OTHER, phase=Phase.MOVED)
        move = Move.objects.get(operation=operation)
    back = stream_of(move).reversed.name
    leader.execute("INSERT INTO novaops_schema.arrivals (stream, tenant_id) VALUES (%s, %s)", (back, name))
    leader.execute(
        "INSERT INTO novaops_schema.arrival_touched (stream, table_name, keys) VALUES (%s, 'public.vms', '[]')", (back,)
    )
    for connection in (leader, other):
        connection.execute(f"CREATE PUBLICATION {back}".encode())
    leader.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", (back,))
    yield move
    leader.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", (back,))
    for connection in (leader, other):
        connection.execute(f"DROP PUBLICATION IF EXISTS {back}".encode())
        connection.execute("DELETE FROM novaops_schema.arrivals WHERE stream = %s", (back,))
        connection.execute("SET session_replication_role = replica")
        clear(connection, name)


def stream_of(move: Move) -> Stream:
    return Stream(move.tenant_id, "", move.source.name, move.target.name, Mark(move.operation_id, console_id()))


def sorts(move: Move) -> dict[Sort, str]:
    """What is left behind of the move on both shards, with its origin."""
    mine = {move.tenant_id, stream_of(move).name, stream_of(move).reversed.name}
    return {one.sort: one.origin for one in leftovers() if one.name in mine}


def test_what_a_move_made_is_left_behind_once_it_is_over(live_fleet: Fleet, moved: Move) -> None:
    with tenant_context(live_fleet):
        for phase in (Phase.MOVED, Phase.RETURNING, Phase.FINISHING):
            Move.objects.update(phase=phase)
            assert sorts(moved) == {}
        Move.objects.update(phase=Phase.FINISHED)
        left = sorts(moved)
    assert set(left) == {Sort.SLOT, Sort.PUBLICATION, Sort.ARRIVAL, Sort.TENANT_ROWS}
    assert {origin.startswith(f"Operation {moved.operation_id} (") for origin in left.values()} == {True}


def test_a_move_is_alive_until_it_is_over_or_its_operation_ended_on_the_way(in_fleet: Fleet) -> None:
    for shard in (SHARD, OTHER):
        Shard.objects.create(name=shard, cluster=shard, database="novacron")
    for tenant, (status, phase, alive) in ENDS.items():
        number = done_move(tenant, SHARD, OTHER, phase=phase, status=status).pk
        assert [one.alive for one in moves((number,), ())] == [alive], tenant
        known = Known(console="0123456789ab", moves=moves((), (tenant,)))
        assert known.being_moved(tenant) is known.belongs_to_active(Mark(number, "0123456789ab")) is alive
        assert not known.belongs_to_active(Mark(number, "ba9876543210")), "another console's operation of that number"
        assert known.moved_by(tenant, SHARD) == Mark(number, "0123456789ab")


@pytest.mark.parametrize("closed", [AWAY, ARRIVING])
def test_rows_behind_a_closed_gate_go(
    live_fleet: Fleet, moved: Move, leader: Leader, find: Find, remove: Remove, closed: str
) -> None:
    with tenant_context(live_fleet):
        Move.objects.update(phase=Phase.FINISHED)
    leader.execute("UPDATE tenants SET moved_to = NULL, gate = 'open' WHERE tenant_id = %s", (moved.tenant_id,))
    leader.execute(closed.encode(), (moved.tenant_id,))
    done = remove(find(moved.tenant_id))
    assert done.status == Status.DONE, done.outcome
    assert rows_of(leader, moved.tenant_id) == {}


def test_rows_of_a_tenant_that_the_shard_has_opened_before_the_placement_knew_stay(
    live_fleet: Fleet, moved: Move, leader: Leader, find: Find, plan: Callable[..., Operation]
) -> None:
    with tenant_context(live_fleet):
        Move.objects.update(phase=Phase.REVERTED)
    leader.execute(
        "UPDATE tenants SET gate = 'open', moved_to = NULL, epoch = 3 WHERE tenant_id = %s", (moved.tenant_id,)
    )
    refused = plan(find(moved.tenant_id))
    assert refused.status == Status.REFUSED
    assert "takes its writes at epoch 3, later than the placement (2)" in refused.outcome


def test_the_bookkeeping_of_a_move_goes(live_fleet: Fleet, moved: Move, leader: Leader, remove: Remove) -> None:
    with tenant_context(live_fleet):
        Move.objects.update(phase=Phase.FINISHED)
        left = next(one for one in leftovers(SHARD) if one.sort is Sort.ARRIVAL and moved.tenant_id in one.sentence)
    done = remove(left)
    assert done.status == Status.DONE, done.outcome
    for kept in ("arrivals", "arrival_touched"):
        row = leader.execute(f"SELECT count(*) FROM novaops_schema.{kept} WHERE stream = %s", (left.name,)).fetchone()
        assert row == (0,)
