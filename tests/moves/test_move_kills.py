"""kill -9 of a worker between any two lines of a cutover and of what follows it: another worker carries the move to its
end, the tenant is open on one shard, with all its rows, and nothing of the move is left. NOVAOPS_KILL_EVERY=1 tries
each line."""

from collections.abc import Iterator

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation, OperationLock
from shards.moves.models import Move, Phase
from shards.placement.selectors import place_of
from tests.conftest import MakePerson
from tests.killing import killed_at, lines_of, places, taken_over
from tests.moves import two_shards
from tests.moves.tenants import gate, left_of, placed, rows_of

pytestmark = pytest.mark.django_db(transaction=True)
WATCHED = ["shards/moves/cutover/", "shards/moves/arrived.py", "shards/moves/finishing.py", "shards/moves/clearing.py"]
STREAM = two_shards.in_shared_tables("novaops kill tests", 1)
TENANT = STREAM.tenant_id
SAMPLE = 4


def queued(person: MakePerson, target: str) -> Operation:
    operator = person("operator")
    wanted = {"tenant": TENANT, "target": target, "way_back_hours": 0}
    operation = services.request("tenant-move", wanted, operator, "A test.")
    assert operation.status == Status.PLANNED, operation.outcome
    return services.confirm(operation, operator, operation.plan.confirm)


def sample(lines: int) -> Iterator[int]:
    every = list(places(lines))
    yield from every if len(every) > 20 else every[1 :: max(1, len(every) // SAMPLE)]


def test_a_worker_that_dies_in_the_cutover_leaves_a_move_that_is_carried_on(
    live_fleet: Fleet, person: MakePerson
) -> None:
    with tenant_context(live_fleet), placed(STREAM, vms=20) as (first, second):
        rows, homes = rows_of(first, STREAM), {STREAM.sender: first, STREAM.receiver: second}
        lines = lines_of(queued(person, STREAM.receiver), WATCHED)
        here, there, epoch = STREAM.receiver, STREAM.sender, 2
        for line in sample(lines):
            operation = queued(person, there)
            died = killed_at(line, operation, WATCHED)
            taken_over(operation)
            assert operation.status == Status.DONE, (line, died, operation.outcome)
            here, there, epoch = there, here, epoch + 1
            assert rows_of(homes[here], STREAM) == rows, f"after dying at line {line}"
            assert gate(homes[here], TENANT) == ("open", epoch, None), f"after dying at line {line}"
            assert not rows_of(homes[there], STREAM) and gate(homes[there], TENANT) is None
            place = place_of(TENANT)
            assert place and (place.shard, place.epoch) == (here, epoch)
            move = Move.objects.get(operation=operation)
            assert move.phase == Phase.FINISHED and not left_of(move, first, second)
        assert not OperationLock.objects.exists()
