"""`tenant-move`: a tenant with a schema of its own leaves one real shard for another; nothing of the move is left."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django_tenants.utils import tenant_context

from novaops.operations.choices import Status
from novaops.operations.models import Operation
from shards.moves.models import Move
from shards.placement.selectors import place_of
from tests.moves import two_shards
from tests.moves.tenants import Leader, gate, left_of, placed, rows_of
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.scene import Scene

VMS = 60
CUTOVER, FOLLOW, FINISH = 5, 6, 7


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    stream = two_shards.own_schema(f"proof_{uuid4().hex[:12]}", 1)
    with tenant_context(scene.fleet), placed(stream, VMS) as (source, target):
        before, tenant = rows_of(source, stream), stream.tenant_id

        def violations(operation: Operation) -> list[str]:
            went = operation.status == Status.DONE
            home, other = (target, source) if went else (source, target)
            place = place_of(tenant)
            wanted = (stream.receiver, 2) if went else (stream.sender, 1)
            found = {
                f"its rows are not those of before on {wanted[0]}": rows_of(home, stream) != before,
                "rows of it are on the other shard": bool(rows_of(other, stream)),
                f"its gates are {gate(home, tenant)} and {gate(other, tenant)}": not _gates_hold(home, other, tenant),
                f"its place is {place}": place is None or (place.shard, place.epoch) != wanted,
                f"the move left {_left(operation, source, target)}": bool(_left(operation, source, target)),
            }
            return [f"{tenant}: {sentence}." for sentence, holds in found.items() if holds]

        yield Case(
            kind="tenant-move",
            parameters=lambda way: {"tenant": tenant, "target": stream.receiver, "way_back_hours": 0},
            violations=violations,
            cancel_after=CUTOVER - 1,
        )


def _gates_hold(home: Leader, other: Leader, tenant: str) -> bool:
    here, there = gate(home, tenant), gate(other, tenant)
    return here is not None and here[0] == "open" and there is None


def _left(operation: Operation, *sessions: Leader) -> list[str]:
    move = Move.objects.filter(operation=operation).first()
    return left_of(move, *sessions) if move else []


SUBJECT = Subject(
    kind="tenant-move",
    make=make,
    steps=FINISH + 1,
    back=1,
    # The new gate stands open and nothing is decided; all is decided and nobody was told; the placement says it, and
    # the streams still stand; the rows that were left are being deleted.
    calls=(
        Call(CUTOVER, "shards.moves.cutover.once:close_old"),
        Call(FOLLOW, "shards.moves.arrived:place"),
        Call(FOLLOW, "shards.moves.slots:drop"),
        Call(FINISH, "shards.moves.finishing:clear"),
    ),
)
