"""How long the writes of a small tenant pause when it moves, and what others feel of it.

Eight clients write some 500 times a second on the tenant through the pools, in a process of their own; it moves to and
fro between two shards, each time with everything that a move does. A pause is what clients see: from the last write
that the old shard acknowledged to the first of the new one. Two other tenants, one on each shard, write meanwhile;
their p99 is beside that of the seconds before, in which nobody moves."""

import math
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from django_tenants.utils import tenant_context

from benchmarks.environment import FLEET, Environment
from benchmarks.ledger_clients import Orders, working
from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.rights import Role
from novaops.inventory import reading
from novaops.inventory.services import import_fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.runner import execute
from shards.dataplane import migrations, migrator
from shards.dataplane.targets import shard_databases
from shards.moves.models import Move
from shards.placement.console_router import pool_address
from tests.moves import tenants, two_shards
from tests.moves.ledger import tables
from tests.moves.ledger.checking import check
from tests.moves.ledger.clients import Record, Write
from tests.moves.ledger.measuring import latencies

MOVED = two_shards.in_shared_tables("bench pause", 1)
OTHERS = {"bench stays 1": two_shards.SENDER, "bench stays 2": two_shards.RECEIVER}
GONE = b"DELETE FROM tenants WHERE tenant_id LIKE 'bench stays %'"
MOVES = int(os.environ.get("NOVAOPS_BENCH_MOVES", "50"))
CLIENTS, WRITES_A_SECOND = 8, 500
QUIET_SECONDS = 15.0


def main(environment: Environment) -> dict[str, object]:
    described = reading.read(environment.state / "fleet.yml").model_copy(update={"fleet": FLEET, "name": FLEET})
    import_fleet(described, environment.state)
    fleet = Fleet.objects.get(slug=FLEET)
    with tenant_context(fleet):
        for shard in shard_databases():
            migrator.migrate(shard, migrations.load(), lambda _: None)
        return measure(_operator(fleet), MOVES)


def measure(person: Person, moves: int) -> dict[str, object]:
    """Inside a fleet with two shards whose data plane is migrated. Leaves nothing behind."""
    with ExitStack() as stack:
        sender, receiver = stack.enter_context(tenants.placed(MOVED, vms=50))
        leaders = {MOVED.sender: sender, MOVED.receiver: receiver}
        stack.callback(tables.drop, leaders.values())
        tables.create(leaders.values())
        for tenant, shard in {MOVED.tenant_id: MOVED.sender, **OTHERS}.items():
            if tenant in OTHERS:
                leaders[shard].execute("INSERT INTO tenants (tenant_id, name) VALUES (%s, %s)", (tenant, tenant))
                stack.callback(leaders[shard].execute, GONE)
            tables.open_accounts(leaders[shard], tenant)
        folder = stack.enter_context(TemporaryDirectory(prefix="novaops-bench-"))
        with working(_orders(), Path(folder) / "records") as records:
            time.sleep(QUIET_SECONDS)
            began = time.monotonic()
            mover = [_move(person, number) for number in range(moves)]
        wrong = check(records[MOVED.tenant_id], leaders, MOVED.sender if moves % 2 == 0 else MOVED.receiver)
        assert not wrong, wrong
        return _figures(records, began, mover)


def _orders() -> Orders:
    places = {tenant: (shard, 1) for tenant, shard in {MOVED.tenant_id: MOVED.sender, **OTHERS}.items()}
    clients = {MOVED.tenant_id: CLIENTS, **dict.fromkeys(OTHERS, 1)}
    # A client writes twice in each turn.
    return Orders(
        {name: pool_address(name) for name in (MOVED.sender, MOVED.receiver)},
        places,
        clients,
        2 * CLIENTS / WRITES_A_SECOND,
    )


def _move(person: Person, number: int) -> float:
    """Returns the pause as the mover measured it, in milliseconds."""
    target = MOVED.sender if number % 2 else MOVED.receiver
    wanted = {"tenant": MOVED.tenant_id, "target": target, "way_back_hours": 0}
    operation = services.request("tenant-move", wanted, person, "A benchmark.")
    services.confirm(operation, person, operation.plan.confirm)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == Status.DONE, operation.outcome
    move = Move.objects.get(operation=operation)
    print(f"move {number + 1} to {target}: {move.pause_ms} ms {move.pause_parts}", flush=True)
    return move.pause_ms or 0.0


def _figures(records: dict[str, Record], began: float, mover: Sequence[float]) -> dict[str, object]:
    mine = records[MOVED.tenant_id].writes
    pauses = sorted(_pauses(mine))
    before, during = [_p99(records, 0.0, began), _p99(records, began, math.inf)]
    ended = max(write.ended for write in mine)
    return {
        "moves": len(pauses),
        "writes_per_s": round(sum(write.ended > began for write in mine) / (ended - began)),
        "pause_p50_ms": _part(pauses, 0.5),
        "pause_p95_ms": _part(pauses, 0.95),
        "pause_p99_ms": _part(pauses, 0.99),
        "pause_max_ms": round(pauses[-1], 1),
        "mover_p50_ms": _part(sorted(mover), 0.5),
        "others_p99_before_ms": round(before, 1),
        "others_p99_ms": round(during, 1),
        "others_p99_ratio": round(during / before, 2),
        "client_errors": sum(len(record.errors) for record in records.values()),
    }


def _pauses(writes: Sequence[Write]) -> list[float]:
    """In milliseconds, one for each change of epoch."""
    ends: dict[int, list[float]] = {}
    for write in writes:
        ends.setdefault(write.epoch, []).append(write.ended)
    return [(min(ends[new]) - max(ends[old])) * 1000 for old, new in pairwise(sorted(ends))]


def _p99(records: dict[str, Record], since: float, until: float) -> float:
    return latencies((write for tenant in OTHERS for write in records[tenant].writes), since, until).p99


def _part(ordered: Sequence[float], part: float) -> float:
    return round(ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)], 1)


def _operator(fleet: Fleet) -> Person:
    person = Person.objects.create_user("bench-operator")
    Membership.objects.create(person=person, fleet=fleet, role=Role.OPERATOR)
    return person
