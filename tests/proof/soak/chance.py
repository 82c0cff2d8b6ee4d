"""Random combinations: several faults of any sort, any number of workers, people who cancel and pause. The same seed
gives the same combinations."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from novaops.operations.models import Operation
from novaops.operations.problems import Refused
from novaops.sandbox.control import Client
from tests.proof.cases.case import Subject
from tests.proof.faults import OF_A_STEP, OF_A_TURN, Fault, Mishap, Way
from tests.proof.scene import Scene
from tests.proof.soak import post
from tests.proof.soak.attempt import Attempt
from tests.proof.soak.matrix import killed_and_back, steps, ways
from tests.proof.trial import Trial

MOST_FAULTS, MOST_AT_ONCE, MOST_OPERATIONS = 6, 4, 5
# A switchover takes as long as twenty of the others.
WEIGHTS = {
    "ten-steps": 10,
    "partitions-create": 6,
    "leftover-remove": 4,
    "cache-flush": 3,
    "redis-move-slots": 2,
    "redis-add-node": 1,
    "redis-remove-node": 1,
    "redis-failover": 1,
    "cache-hide": 3,
    "cache-warm": 2,
    "memcached-out": 2,
    "memcached-in": 2,
    "pool-kill": 2,
    "pool-pause": 1,
    "pool-resize": 2,
    "backend-terminate": 2,
    "slot-drop": 2,
    "tenant-move": 1,
    "switchover": 1,
    "fleet-drain": 1,
}
MAINTENANCE = 1
POSTED_ONE_IN = 15


@dataclass(frozen=True)
class Surprise:
    """What happens while a worker is held at a fault."""

    name: str
    act: Callable[[Scene, Client, Operation], None]


SURPRISES = (
    Surprise("control database restarted", lambda scene, servers, operation: servers.restart("control")),
    Surprise("control database killed", lambda scene, servers, operation: killed_and_back(servers, "control")),
    Surprise("cancelled", lambda scene, servers, operation: scene.cancel(operation)),
    Surprise("paused", lambda scene, servers, operation: scene.pause(operation)),
    Surprise("nothing", lambda scene, servers, operation: None),
)


def attempts(scene: Scene, servers: Client, subjects: Sequence[Subject], seed: int) -> Iterator[Attempt]:
    """Without an end."""
    dice = random.Random(seed)
    number = 0
    while True:
        number += 1
        one = random.Random(dice.getrandbits(32))
        if one.randrange(POSTED_ONE_IN) == 0:
            yield _posted(scene, servers, subjects, one, number)
        else:
            yield _turns(scene, servers, subjects, one, number)


def _turns(scene: Scene, servers: Client, subjects: Sequence[Subject], dice: random.Random, number: int) -> Attempt:
    [subject] = dice.choices(subjects, [WEIGHTS.get(one.kind, MAINTENANCE) for one in subjects])
    way = dice.choice(ways(subject))
    faults = list(dict.fromkeys(_fault(dice, subject, way) for _ in range(dice.randint(1, MOST_FAULTS))))
    at_once = dice.randint(1, MOST_AT_ONCE)
    surprises = {fault: dice.choice(SURPRISES) for fault in faults if fault.mishap is Mishap.HOLD}
    words = [f"{fault.name} ({surprises[fault].name})" if fault in surprises else fault.name for fault in faults]

    def run() -> list[str]:
        events = {fault: partial(_surprise, scene, servers, surprise) for fault, surprise in surprises.items()}
        with subject.make(scene) as case:
            return Trial(scene, case, way, faults, at_once, events, may_miss=True).problems()

    return Attempt(subject.kind, "random", f"{number}: {at_once} at once, {way}: {', '.join(words)}", run)


def _surprise(scene: Scene, servers: Client, surprise: Surprise, operation: Operation) -> None:
    with suppress(Refused):
        surprise.act(scene, servers, operation)


def _fault(dice: random.Random, subject: Subject, way: Way) -> Fault:
    mishap = dice.choice([Mishap.DIE, Mishap.DIE, Mishap.FREEZE, Mishap.HOLD])
    calls = [call for call in subject.calls if call.way is way]
    if calls and dice.randrange(5) == 0:
        return dice.choice(calls).fault(mishap)
    if dice.randrange(10) == 0:
        return Fault(dice.choice(OF_A_TURN), mishap=mishap)
    back = way is Way.BACK and dice.randrange(2) == 0
    where = Way.BACK if back else Way.FORWARD
    return Fault(dice.choice(OF_A_STEP), where, dice.choice(steps(subject, where)), mishap)


def _posted(scene: Scene, servers: Client, subjects: Sequence[Subject], dice: random.Random, number: int) -> Attempt:
    several = [one for one in subjects if one.kind != "switchover"] or list(subjects)
    wanted = [(one, dice.choice(ways(one))) for one in dice.choices(several, k=dice.randint(1, MOST_OPERATIONS))]
    # Only one operation at a time holds a shard.
    alone = {one.kind: (one, way) for one, way in wanted if one.kind != "ten-steps"}
    chosen = [pair for pair in wanted if pair[0].kind == "ten-steps"] + list(alone.values())[:1]
    name = f"{number}: by message: {', '.join(f'{one.kind} {way}' for one, way in chosen)}"
    run = partial(post.posted, scene, servers, chosen, may_miss=True)
    return Attempt("several" if len(chosen) > 1 else chosen[0][0].kind, "random", name, run)
