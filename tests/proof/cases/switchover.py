"""`switchover` of a real shard: the candidate leads, on the very next timeline."""

from collections.abc import Iterator
from contextlib import contextmanager

from django_tenants.utils import tenant_context

from novaops.inventory.selectors import targets_of
from novaops.operations.models import Operation
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster, Member
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.scene import Scene
from tests.waiting import wait_for

SHARD = "shard-1"
READY_SECONDS = 180


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    with tenant_context(scene.fleet):
        wait_for(lambda: _ready(_cluster()), f"{SHARD} with a leader and a synchronous standby", READY_SECONDS)
        before = _cluster()
    leader = _leader(before)
    candidate = next(member for member in before.members if member.synchronous)

    def violations(operation: Operation) -> list[str]:
        with tenant_context(scene.fleet):
            found = _leader(_cluster())
        said = f"{found.name} leads on timeline {found.timeline}"
        wanted = f"{candidate.name} leads on timeline {(leader.timeline or 0) + 1}"
        return [] if said == wanted else [f"{said}; it should be that {wanted}."]

    yield Case(
        kind="switchover",
        parameters=lambda way: {"shard": SHARD, "candidate": candidate.name},
        violations=violations,
    )


def _cluster() -> Cluster:
    return Patroni(targets_of(SHARD, "patroni")[0]).cluster()


def _leader(cluster: Cluster) -> Member:
    assert cluster.leader is not None, f"{SHARD} has no leader"
    return cluster.leader


def _ready(cluster: Cluster) -> bool:
    leader = _leader(cluster)
    follow = all(member.healthy and member.timeline == leader.timeline for member in cluster.members)
    return follow and any(member.synchronous for member in cluster.members)


# Patroni is about to be asked; it was asked, and the leader is changing; it may be done, and nobody has looked.
SUBJECT = Subject(
    kind="switchover",
    make=make,
    steps=3,
    calls=(
        Call(1, "shards.replication.switchover_steps:_follow"),
        Call(1, "shards.replication.switchover_steps:read_cluster", 3),
        Call(1, "shards.replication.switchover_steps:_success"),
        Call(2, "shards.replication.switchover_steps:unsettled", 2),
    ),
)
