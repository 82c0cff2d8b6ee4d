"""`fleet-drain` of one server: its shard is led by another, on the very next timeline, by one operation of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from django_tenants.utils import tenant_context

from novaops.operations.models import Operation
from tests.pool_guards import guarding
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.cases.switchover import READY_SECONDS, SHARD, _cluster, _leader, _ready
from tests.proof.scene import Scene
from tests.waiting import wait_for


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    with tenant_context(scene.fleet):
        wait_for(lambda: _ready(_cluster()), f"{SHARD} with a leader and a synchronous standby", READY_SECONDS)
        before = _leader(_cluster())

    def violations(operation: Operation) -> list[str]:
        with tenant_context(scene.fleet):
            found, children = _leader(_cluster()), operation.children.count()
        said = [f"{before.name} still leads."] if found.name == before.name else []
        if found.timeline != (before.timeline or 0) + 1:
            said.append(f"The timeline is {found.timeline}, after {before.timeline}.")
        return [*said, *([] if children == 1 else [f"{children} switchovers were requested."])]

    with guarding(scene.fleet):
        yield Case(kind="fleet-drain", parameters=lambda way: {"servers": before.name}, violations=violations)


# The switchover is about to be requested; it was, and is waited for. After it faults are not told apart any more: the
# worker that goes on carries the part out itself, inside this step.
SUBJECT = Subject(
    kind="fleet-drain",
    make=make,
    steps=2,
    calls=(Call(0, "shards.fleetwide.steps:begin_child"), Call(0, "shards.fleetwide.steps:_await")),
)
