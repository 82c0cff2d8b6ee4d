"""`redis-move-slots`: slots with keys go from one primary to another, each key stays readable, and no slot is half-way.
What moved goes back by hand afterwards, so that the cluster is as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django_tenants.utils import tenant_context
from redis.crc import key_slot

from caching.cluster.facts import ClusterFacts
from caching.cluster.gather import gather
from caching.cluster.live import Live
from caching.cluster.slots import Errand, move
from novaops.operations.choices import Status
from novaops.operations.contract import StepContext
from novaops.operations.models import Operation
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.cases.flush import HEALTHY_SECONDS, _cluster, _whole
from tests.proof.faults import Way
from tests.proof.scene import Scene
from tests.waiting import wait_for

SLOTS = 12
NOBODY = StepContext(0, 0, {}, lambda done, total, note: None, lambda line: None)


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    with tenant_context(scene.fleet):
        wait_for(lambda: _whole(_cluster()) and settled(gather()), "a whole Redis Cluster", HEALTHY_SECONDS)
        before = gather()
        cluster = _cluster()
    source, target = before.primaries[:2]
    moving = source.owned()[-SLOTS:]
    keys = keys_in(moving)
    for key in keys:
        cluster.set(key, "kept", ex=600)

    def violations(operation: Operation) -> list[str]:
        with tenant_context(scene.fleet):
            wait_for(lambda: settled(gather()), "the nodes to agree", HEALTHY_SECONDS)
            now, found = gather(), _cluster()
        wanted = target if operation.status == Status.DONE else source
        owner = next(node for node in now.primaries if node.node_id == wanted.node_id)
        astray = set(moving) - set(owner.owned())
        lost = [key for key in keys if found.get(key) != "kept"]
        said = [f"{len(astray)} slots are not on {owner.name}."] if astray else []
        return said + ([f"{len(lost)} keys are lost."] if lost else [])

    def parameters(way: Way) -> dict[str, Any]:
        return {"source": source.name, "target": target.name, "slots": SLOTS}

    try:
        yield Case(kind="redis-move-slots", parameters=parameters, violations=violations, cancel_after=0)
    finally:
        with tenant_context(scene.fleet):
            move(NOBODY, Live(), [Errand(moving, source.node_id)])
            wait_for(lambda: settled(gather()), "the slots to be back", HEALTHY_SECONDS)
            for key in keys:
                _cluster().delete(key)


def settled(facts: ClusterFacts) -> bool:
    return facts.whole and not facts.moving and len({node.leaders for node in facts.members}) == 1


def keys_in(slots: tuple[int, ...]) -> list[str]:
    """One key for each of some slots."""
    mark = uuid4().hex[:12]
    found: dict[int, str] = {}
    for number in range(20_000):
        key = f"proof:{mark}:{number}"
        found.setdefault(key_slot(key.encode()), key)
    return [found[slot] for slot in slots if slot in found]


# The keys are about to go over, of the third slot, too; the target is about to be told that a slot is its own; and on
# the way back.
SUBJECT = Subject(
    kind="redis-move-slots",
    make=make,
    steps=2,
    back=1,
    calls=(
        Call(0, "caching.cluster.slots:_carry"),
        Call(0, "caching.cluster.slots:_carry", 3),
        Call(0, "caching.cluster.slots:_assign", 2),
        Call(0, "caching.cluster.slots:_assign", 3, Way.BACK),
    ),
)
