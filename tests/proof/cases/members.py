"""`memcached-out` and `memcached-in`: what the inventory says, running applications know, and a server that comes back
is empty."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import uuid4

from django_tenants.utils import tenant_context

from caching.clients.memcached import Memcached
from caching.console_tiers import l1_of, tiers_of
from caching.library.left_out import LeftOut
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import target, targets
from novaops.inventory.services import take_out
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.cases.flush import HEALTHY_SECONDS, _cluster, _whole
from tests.proof.scene import Scene
from tests.waiting import wait_for

SERVER, ENTRIES = "memcached-2", 60


@contextmanager
def make(out: bool, scene: Scene) -> Iterator[Case]:
    """A case of the kind that leaves it out, or takes it back."""
    mark = f"members-{uuid4()}"
    with tenant_context(scene.fleet):
        wait_for(lambda: _whole(_cluster()), "a whole Redis Cluster", HEALTHY_SECONDS)
        told(scene, out=False)
        _fill(scene, mark)
        told(scene, out=not out)

    def violations(operation: Operation) -> list[str]:
        with tenant_context(scene.fleet):
            now, is_out = target(ServerKind.MEMCACHED, SERVER), out == (operation.status == Status.DONE)
            known = now.address in _known(scene)
            held = [one for one in Memcached(now).items() if mark.encode() in one.key]
        found = [f"The inventory has {SERVER} {_word(now.out)}."] if now.out is not is_out else []
        found += [f"Applications have {SERVER} {_word(known)}."] if known is not is_out else []
        came_back = not out and operation.status == Status.DONE
        return found + ([f"{len(held)} items are from before."] if came_back and held else [])

    kind = "memcached-out" if out else "memcached-in"
    try:
        yield Case(kind=kind, parameters=lambda way: {"server": SERVER}, violations=violations)
    finally:
        with tenant_context(scene.fleet):
            told(scene, out=False)


def _word(out: bool) -> str:
    return "left out" if out else "in use"


def told(scene: Scene, out: bool) -> None:
    take_out(ServerKind.MEMCACHED, SERVER, out)
    l1 = l1_of(scene.fleet)
    LeftOut(l1).tell(one.address for one in targets(ServerKind.MEMCACHED) if one.out)
    l1.close()


def _known(scene: Scene) -> frozenset[str]:
    l1 = l1_of(scene.fleet)
    try:
        return LeftOut(l1)()
    finally:
        l1.close()


def _fill(scene: Scene, mark: str) -> None:
    tiers = tiers_of(scene.fleet)
    for number in range(ENTRIES):
        tiers.get_or_compute("agg", mark, str(number), partial(str, number))
    tiers.close()


# The inventory is about to say so.
OUT = Subject(
    kind="memcached-out", make=partial(make, True), steps=1, calls=(Call(0, "caching.members.steps:take_out"),)
)
# The inventory says so, and applications are about to be told.
IN = Subject(kind="memcached-in", make=partial(make, False), steps=2, calls=(Call(1, "caching.members.steps:l1_of"),))
