"""kill -9 of a worker at lines all over a move with a hypertable, and of the next one while it follows chunks that came
meanwhile: another worker carries the move to its end, with every row there once. NOVAOPS_KILL_EVERY=400 tries one line
in so many."""

import os
from collections.abc import Iterator

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation, OperationLock
from shards.moves.models import Move, Phase
from tests.conftest import MakePerson
from tests.killing import killed_at, let_go, lines_of, places, taken_over
from tests.moves import hypertables, two_shards
from tests.moves.hypertables import DDL, measured, write
from tests.moves.tenants import Leader, gate, left_of, placed

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.own_schema("novaops_hyper_kills", 1)
TENANT = STREAM.tenant_id
MOVE = ["shards/moves/"]
FOLLOWING = ["shards/moves/applying/chunks_followed.py", "shards/moves/pieces.py", "shards/moves/copying/part.py"]
SAMPLE = 2


def queued(person: MakePerson, target: str) -> Operation:
    operator = person("operator")
    wanted = {"tenant": TENANT, "target": target, "way_back_hours": 0, "pause_limit_ms": 5000}
    operation = services.request("tenant-move", wanted, operator, "A test.")
    assert operation.status == Status.PLANNED, operation.outcome
    return services.confirm(operation, operator, operation.plan.confirm)


def sample(lines: int) -> Iterator[int]:
    every = list(places(lines))
    yield from every if "NOVAOPS_KILL_EVERY" in os.environ else every[1 :: len(every) // SAMPLE][:SAMPLE]


def test_a_worker_that_dies_anywhere_leaves_a_hypertable_that_is_moved_on(
    live_fleet: Fleet, person: MakePerson
) -> None:
    with tenant_context(live_fleet), hypertables.there(), placed(STREAM, vms=5) as sessions:
        homes = dict(zip((STREAM.sender, STREAM.receiver), sessions, strict=True))
        for session in sessions:
            session.execute(f"SET search_path = {TENANT}, public".encode())
        sessions[0].execute(DDL.encode())
        for day in range(3):
            write(sessions[0], day, rows=50)
        rows, days, (here, there) = measured(sessions[0]), 3, (STREAM.receiver, STREAM.sender)
        for number, line in enumerate(sample(lines_of(queued(person, here), MOVE))):
            operation = queued(person, there)
            for place, watched in ((line, MOVE), (1 + 97 * number, FOLLOWING)):
                died = killed_at(place, operation, watched)
                rows, days = more(homes, rows, days), days + 1
                let_go(operation)
            taken_over(operation)
            assert operation.status == Status.DONE, (line, died, operation.outcome)
            here, there = there, here
            assert measured(homes[here]) == rows, f"after dying at line {line}"
            assert gate(homes[there], TENANT) is None and not hypertables.chunks(homes[there])
            move = Move.objects.get(operation=operation)
            assert move.phase == Phase.FINISHED and not left_of(move, *sessions)
        assert not OperationLock.objects.exists()


def more(homes: dict[str, Leader], rows: list[str], day: int) -> list[str]:
    """All rows of the tenant, with those of a new chunk, where it may write now."""
    for session in homes.values():
        if (gate(session, TENANT) or ("",))[0] == "open":
            write(session, day, rows=7)
            return measured(session)
    return rows
