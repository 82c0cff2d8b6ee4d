"""A move there, one that is taken back, and a rebalance of ten tenants, each under a ledger's clients."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from django.db import connection
from django_tenants.utils import tenant_context

from novaops.operations.choices import Status
from novaops.operations.models import Operation
from shards.moves.models import Move, Phase
from shards.moves.streams import Stream
from tests.moves.faults.ground import SHARDS, Ground, await_whole, ground, stream
from tests.moves.faults.judging import go_on, judged, measured
from tests.proof.cases.case import Case, Subject
from tests.proof.faults import Way
from tests.proof.scene import Scene
from tests.proof.verdict import told
from tests.waiting import wait_for

OLD, NEW = SHARDS
CLIENTS, EVERY = 8, 0.08
TEN, OWN_SCHEMAS = 10, 2
TURN_SECONDS = 240
# On a slow machine a shorter pause is given up again and again.
PATIENT = {"way_back_hours": 1, "pause_limit_ms": 5000}
Say = Callable[[str], None]


def subject(kind: str, own_schema: bool, say: Say) -> Subject:
    steps = {"tenant-move": 8, "tenant-move-back": 3, "rebalance": TEN + 1}[kind]
    makes = {"tenant-move": partial(_there, own_schema), "tenant-move-back": partial(_back, own_schema)}
    return Subject(kind, partial(makes.get(kind, _ten), say), steps)


@contextmanager
def _there(own_schema: bool, say: Say, scene: Scene) -> Iterator[Case]:
    moving = stream(own_schema)
    wanted: dict[str, object] = {"tenant": moving.tenant_id, "target": NEW, **PATIENT}
    with tenant_context(scene.fleet), ground(scene, [moving], CLIENTS, EVERY) as made:
        yield Case("tenant-move", lambda way: wanted, partial(_wrong, made, NEW, 2, say))


@contextmanager
def _back(own_schema: bool, say: Say, scene: Scene) -> Iterator[Case]:
    moving = stream(own_schema)
    with tenant_context(scene.fleet), ground(scene, [moving], CLIENTS, EVERY) as made:
        number = carried_out(scene, "tenant-move", tenant=moving.tenant_id, target=NEW, **PATIENT)
        connection.close()
        yield Case("tenant-move-back", lambda way: {"operation": number}, partial(_wrong, made, OLD, 3, say))


@contextmanager
def _ten(say: Say, scene: Scene) -> Iterator[Case]:
    moving = [stream(number < OWN_SCHEMAS) for number in range(TEN)]
    with tenant_context(scene.fleet), ground(scene, moving, 1, EVERY * 2) as made:
        yield Case("rebalance", partial(_to_rebalance, moving), partial(_wrong, made, NEW, 2, say))


def _to_rebalance(moving: Sequence[Stream], way: Way) -> dict[str, object]:
    pins = ", ".join(f"{one.tenant_id}={NEW}" for one in moving)
    return {"pins": pins, "skew_percent": 500, "at_once": 3, "way_back_hours": 0}


def carried_out(scene: Scene, kind: str, **parameters: object) -> int:
    """An operation with which nothing goes wrong."""
    operation = scene.again_while_stale(lambda: _once(scene, kind, parameters))
    if operation.status != Status.DONE:
        raise AssertionError(told(operation))
    return operation.pk


def _once(scene: Scene, kind: str, parameters: Mapping[str, object]) -> Operation:
    operation = scene.queued(kind, parameters)
    worker = scene.begin_turn(operation)
    worker.join(TURN_SECONDS)
    # Where workers listen for messages, one of them may have it.
    wait_for(lambda: scene.is_over(operation), f"{kind} to end", TURN_SECONDS)
    return operation


def _wrong(made: Ground, shard: str, epoch: int, say: Say, operation: Operation) -> list[str]:
    """All that is not as it should be; the ways back that are still open are finished, and the clients stopped."""
    await_whole()
    # One that never began was asked for again.
    moves = {child.parameters["tenant"]: child for child in operation.children.order_by("pk")}
    wrong = [told(one) for one in (operation, *moves.values()) if one.status != Status.DONE]
    if wrong:
        made.stop()
        return wrong
    wrong = go_on(made, shard, epoch)
    for number in Move.objects.filter(phase=Phase.MOVED).values_list("operation_id", flat=True):
        carried_out(made.scene, "tenant-move-finish", operation=number)
    made.stop()
    connection.close()
    with tenant_context(made.scene.fleet):
        say(measured(made))
        return wrong + judged(made, shard, epoch)
