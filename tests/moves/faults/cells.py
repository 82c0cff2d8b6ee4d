"""The matrix: what is carried out, at which moment of it something is killed, and what that is. Then at random."""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from django_tenants.utils import tenant_context

from novaops.operations.models import Operation
from novaops.sandbox.control import Client
from novaops.sandbox.problems import SandboxError
from tests.moves.faults.ground import SHARDS
from tests.moves.faults.shots import Shot, fired
from tests.moves.faults.subjects import Say, subject
from tests.proof.cases.case import Call, Case
from tests.proof.faults import Fault, Mishap, Way
from tests.proof.scene import Scene
from tests.proof.soak import post
from tests.proof.soak.attempt import Attempt
from tests.proof.soak.matrix import started
from tests.proof.trial import Trial
from tests.proof.verdict import violations

MOST_FAULTS = 3


@dataclass(frozen=True)
class Moment:
    name: str
    call: Call


COPY = Moment("in the copy", Call(1, "shards.moves.copying.copy:bring", 2))
COMPARE = Moment("while it compares", Call(3, "shards.moves.comparing.compare:hashing"))
PAUSE = Moment("in the pause", Call(5, "shards.moves.cutover.once:close_old"))
DECIDED = Moment("after the cutover", Call(6, "shards.moves.arrived:place"))
WAY_BACK = Moment("when the way back is compared", Call(6, "shards.moves.bringing:compare_all"))
BACK_COMPARE = Moment("while it compares", Call(0, "shards.moves.bringing:compare_all"))
BACK_PAUSE = Moment("in the pause", Call(1, "shards.moves.cutover.once:close_old"))
BACK_DECIDED = Moment("after the cutover", Call(2, "shards.moves.arrived:place"))
CLEARED = Moment("when the old rows are deleted", Call(7, "shards.moves.finishing:clear"))
MOMENTS = {
    "tenant-move": (COPY, COMPARE, PAUSE, DECIDED, WAY_BACK),
    "tenant-move-back": (BACK_COMPARE, BACK_PAUSE, BACK_DECIDED),
    "rebalance": (COPY, PAUSE, CLEARED),
}
# Only operations by message have to do with a broker.
BY_MESSAGE = frozenset({"rebalance"})


@dataclass(frozen=True)
class Cell:
    kind: str
    shots: tuple[tuple[Moment, Shot], ...]
    own_schema: bool
    seed: int

    @property
    def name(self) -> str:
        said = ", ".join(f"{shot} killed {moment.name}" for moment, shot in self.shots)
        return said if self.kind == "rebalance" else f"{said} ({'own schema' if self.own_schema else 'shared tables'})"

    @property
    def sender(self) -> str:
        return SHARDS[1] if self.kind == "tenant-move-back" else SHARDS[0]

    @property
    def receiver(self) -> str:
        return SHARDS[0] if self.kind == "tenant-move-back" else SHARDS[1]

    @property
    def faults(self) -> dict[Fault, Shot]:
        return {
            moment.call.fault(Mishap.DIE if shot is Shot.WORKER else Mishap.HOLD): shot for moment, shot in self.shots
        }


def fixed(seed: int) -> Iterator[Cell]:
    """Each of them with tenants of one sort; another seed, the other sort."""
    number = seed
    for kind, moments in MOMENTS.items():
        for shot in Shot:
            for moment in moments[:1] if shot is Shot.BROKER else moments:
                number += 1
                yield Cell(kind, ((moment, shot),), number % 2 == 0, number)


def random_ones(seed: int) -> Iterator[Cell]:
    """Without an end: some kills in one operation, one at each moment."""
    dice = random.Random(seed)
    while True:
        [kind] = dice.choices(list(MOMENTS), [6, 4, 1])
        moments = dice.sample(MOMENTS[kind], dice.randint(1, min(MOST_FAULTS, len(MOMENTS[kind]))))
        shots = tuple((moment, dice.choice(list(Shot))) for moment in moments)
        yield Cell(kind, shots, dice.random() < 0.5, dice.getrandbits(32))


def attempt(cell: Cell, scene: Scene, servers: Client, say: Say) -> Attempt:
    by_message = cell.kind in BY_MESSAGE or any(shot is Shot.BROKER for _, shot in cell.shots)
    how = _by_message if by_message else _by_turns
    group = " and ".join(sorted({shot.value for _, shot in cell.shots}))
    return Attempt(cell.kind, f"{group} killed", cell.name, partial(how, cell, scene, servers, say))


def _fire(cell: Cell, scene: Scene, servers: Client, shot: Shot, operation: Operation | None = None) -> None:
    # It may be down just now, from the shot before.
    with suppress(SandboxError):
        fired(shot, scene, servers, cell.sender, cell.receiver, random.Random(cell.seed))


def _by_turns(cell: Cell, scene: Scene, servers: Client, say: Say) -> list[str]:
    """One worker process after another takes the operation."""
    several = len(cell.shots) > 1
    faults = cell.faults
    events = {
        fault: partial(_fire, cell, scene, servers, shot) for fault, shot in faults.items() if shot is not Shot.WORKER
    }
    one = subject(cell.kind, cell.own_schema, say)
    with one.make(scene) as case:
        return Trial(scene, case, Way.FORWARD, list(faults), events=events, may_miss=several).problems()


def _by_message(cell: Cell, scene: Scene, servers: Client, say: Say) -> list[str]:
    """Celery workers take it, and the moves that it requests."""
    started(servers, "broker")
    one = subject(cell.kind, cell.own_schema, say)
    armed = {scene.armed(fault): shot for fault, shot in cell.faults.items()}
    with one.make(scene) as case, post.opened(scene, list(armed)) as office:
        office.events = {
            fault: partial(_fire, cell, scene, servers, shot)
            for fault, shot in armed.items()
            if shot is not Shot.WORKER
        }
        operation = scene.again_while_stale(lambda: _carried_out(scene, case, office))
        missed = [f"No worker came to: {fault.name}." for fault in armed if not fault.reached]
        with tenant_context(scene.fleet):
            found = violations(operation) + case.violations(operation)
        return (missed if len(armed) == 1 else []) + found + ([office.last_words] if found else [])


def _carried_out(scene: Scene, case: Case, office: post.Office) -> Operation:
    operation = scene.queued(case.kind, case.parameters(Way.FORWARD))
    office.until_over([operation])
    return operation
