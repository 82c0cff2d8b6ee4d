"""`redis-failover`: a replica leads its primary's slots, with all keys, and the primary follows it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django_tenants.utils import tenant_context

from caching.cluster.checks import in_sync
from caching.cluster.facts import NodeState
from caching.cluster.gather import gather
from novaops.operations.contract import CheckOutcome
from novaops.operations.models import Operation
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.cases.flush import HEALTHY_SECONDS, _cluster
from tests.proof.cases.slots import keys_in, settled
from tests.proof.scene import Scene
from tests.waiting import wait_for

SLOTS = 20


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    with tenant_context(scene.fleet):
        replica, primary = _pair()
        cluster = _cluster()
    keys = keys_in(primary.owned()[:SLOTS])
    for key in keys:
        cluster.set(key, "kept", ex=600)

    def violations(operation: Operation) -> list[str]:
        with tenant_context(scene.fleet):
            wait_for(lambda: settled(gather()), "the nodes to agree", HEALTHY_SECONDS)
            now, found = gather(), _cluster()
        leads, follows = now.by_id(replica.node_id), now.by_id(primary.node_id)
        lost = [key for key in keys if found.get(key) != "kept"]
        said = [] if leads and leads.slot_count == primary.slot_count else [f"{replica.name} does not lead."]
        said += [] if follows and follows.master_id == replica.node_id else [f"{primary.name} does not follow."]
        return said + ([f"{len(lost)} keys are lost."] if lost else [])

    try:
        yield Case(kind="redis-failover", parameters=lambda way: {"replica": replica.name}, violations=violations)
    finally:
        with tenant_context(scene.fleet):
            for key in keys:
                _cluster().delete(key)


def _pair() -> tuple[NodeState, NodeState]:
    """A replica that is in sync, and its primary."""
    found = wait_for(_ready, "a replica that is in sync", HEALTHY_SECONDS)
    assert found is not None
    return found


def _ready() -> tuple[NodeState, NodeState] | None:
    facts = gather()
    ready = (one for one in facts.members if not one.leads and in_sync(one).outcome is CheckOutcome.PASSED)
    pairs = ((one, primary) for one in ready if (primary := facts.by_id(one.master_id)) is not None)
    return next(pairs, None) if settled(facts) else None


# All nodes are about to be asked whether they agree.
SUBJECT = Subject(kind="redis-failover", make=make, steps=2, calls=(Call(1, "caching.cluster.steps:agreed"),))
