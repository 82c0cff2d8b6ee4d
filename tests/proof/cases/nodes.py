"""`redis-add-node` and `redis-remove-node`: a further server joins the sandbox's Redis Cluster with some slots, and
leaves it. No key is lost, and afterwards its slots are with one of the others."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection
from django_tenants.utils import tenant_context

from caching.cluster.facts import NodeState
from caching.cluster.gather import gather
from caching.cluster.live import Live
from caching.cluster.slots import Errand, move
from caching.cluster.steps import leave_again, meet
from novaops.inventory.models import Server, ServerKind
from novaops.inventory.selectors import targets
from novaops.operations.choices import Status
from novaops.operations.contract import StepContext
from novaops.operations.models import Operation
from tests.ports import free_ports
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.cases.flush import HEALTHY_SECONDS, _cluster, _whole
from tests.proof.cases.slots import NOBODY, keys_in, settled
from tests.proof.faults import Way
from tests.proof.scene import Scene
from tests.redis_servers import Node
from tests.waiting import wait_for

NAME, SLOTS = "proof-node", 12
ASSIGN = "caching.cluster.slots:_assign"


@contextmanager
def make(joins: bool, scene: Scene) -> Iterator[Case]:
    """A case of the kind by which it joins, or leaves."""
    with tenant_context(scene.fleet):
        wait_for(lambda: _whole(_cluster()) and settled(gather()), "a whole Redis Cluster", HEALTHY_SECONDS)
    with TemporaryDirectory(prefix="novaops-proof-") as folder, _server(scene, Path(folder)) as node:
        with tenant_context(scene.fleet):
            owner, node_id = gather().primaries[0], node.node_id
        moving = owner.owned()[-SLOTS:]
        keys = keys_in(moving)
        with tenant_context(scene.fleet):
            cluster = _cluster()
            for key in keys:
                cluster.set(key, "kept", ex=600)

        def violations(operation: Operation) -> list[str]:
            member = joins == (operation.status == Status.DONE)
            with tenant_context(scene.fleet):
                wait_for(lambda: settled(gather()), "the nodes to agree", HEALTHY_SECONDS)
                now, found = gather().named(NAME), _cluster()
            assert now is not None
            lost = [key for key in keys if found.get(key) != "kept"]
            said = [f"{NAME} leads {now.slot_count} slots."] if now.slot_count != (SLOTS if member else 0) else []
            said += [f"{NAME} knows {len(now.known)} nodes."] if now.alone is member else []
            return said + ([f"{len(lost)} keys are lost."] if lost else [])

        def parameters(way: Way) -> dict[str, object]:
            return {"node": NAME, "slots": SLOTS} if joins else {"node": NAME}

        kind = "redis-add-node" if joins else "redis-remove-node"
        try:
            if not joins:
                with tenant_context(scene.fleet):
                    _joined(node_id, owner, moving)
            after, call = (1, None) if joins else (None, Call(0, ASSIGN, SLOTS))
            yield Case(kind, parameters, violations, cancel_after=after, cancel_in=call)
        finally:
            with tenant_context(scene.fleet):
                _left(node_id, owner)
                for key in keys:
                    _cluster().delete(key)


@contextmanager
def _server(scene: Scene, folder: Path) -> Iterator[Node]:
    """Running, registered, and known to nobody."""
    port, bus = free_ports(2)
    with tenant_context(scene.fleet):
        password = targets(ServerKind.REDIS)[0].login.password
        credential = Server.objects.filter(kind=ServerKind.REDIS, present=True)[0].credential
        Server.objects.filter(kind=ServerKind.REDIS, name=NAME).delete()
        Server.objects.create(kind=ServerKind.REDIS, name=NAME, host="127.0.0.1", port=port, credential=credential)
    node = Node(NAME, port, bus, folder / NAME, migration="yes", password=password)
    try:
        node.start()
        yield node
    finally:
        node.kill()
        connection.close()
        with tenant_context(scene.fleet):
            Server.objects.filter(kind=ServerKind.REDIS, name=NAME).delete()


def _joined(node_id: str, through: NodeState, slots: tuple[int, ...]) -> None:
    meet(_context(node_id, through))
    wait_for(lambda: gather().whole, "the newcomer to serve", HEALTHY_SECONDS)
    move(NOBODY, Live(), [Errand(slots, node_id)])
    wait_for(lambda: settled(gather()), "the newcomer to lead", HEALTHY_SECONDS)


def _left(node_id: str, owner: NodeState) -> None:
    """Whatever became of it: its slots go back, and nobody knows it any more."""
    owned = next((one.owned() for one in gather().primaries if one.node_id == node_id), ())
    move(NOBODY, Live(), [Errand(owned, owner.node_id)])
    leave_again(_context(node_id, owner))
    wait_for(lambda: settled(gather()), "the cluster to be whole without it", HEALTHY_SECONDS)


def _context(node_id: str, through: NodeState) -> StepContext:
    arguments = {"node": node_id, "through": through.node_id}
    return StepContext(0, 0, arguments, lambda done, total, note: None, lambda line: None)


# It is about to meet the others; keys go over; slots change hands; the other way round, the last one does, and it is
# about to be on its own.
ADD = Subject(
    kind="redis-add-node",
    make=partial(make, True),
    steps=3,
    back=2,
    calls=(
        Call(0, "caching.cluster.steps:_bus_port"),
        Call(1, "caching.cluster.slots:_carry", 2),
        Call(1, ASSIGN, 3),
        Call(1, ASSIGN, 3, Way.BACK),
        Call(0, "caching.cluster.steps:_reset", 1, Way.BACK),
    ),
)
REMOVE = Subject(
    kind="redis-remove-node",
    make=partial(make, False),
    steps=3,
    back=1,
    calls=(
        Call(0, "caching.cluster.slots:_carry", 2),
        Call(0, ASSIGN, SLOTS),
        Call(1, "caching.cluster.steps:_reset"),
        Call(0, ASSIGN, 3, Way.BACK),
    ),
)
