"""`switchover` of a real shard: the candidate leads, on the very next timeline, and no pool is left paused."""

from collections.abc import Iterator
from contextlib import contextmanager

from django_tenants.utils import tenant_context

from novaops.inventory.selectors import targets_of
from novaops.operations.models import Operation
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster, Member
from shards.clients.pgbouncer import PgBouncer
from shards.pools.pausing import records
from tests.pool_guards import guarding
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
            wait_for(lambda: not records.of_operation(operation.pk), "pauses that have ended")
            paused = _paused()
        said = f"{found.name} leads on timeline {found.timeline}"
        wanted = f"{candidate.name} leads on timeline {(leader.timeline or 0) + 1}"
        wrong = [] if said == wanted else [f"{said}; it should be that {wanted}."]
        return wrong + [f"{one} is still paused." for one in paused]

    with guarding(scene.fleet):
        yield Case(
            kind="switchover",
            parameters=lambda way: {"shard": SHARD, "candidate": candidate.name},
            violations=violations,
        )


def _paused() -> list[str]:
    reports = {pool.name: PgBouncer(pool).databases() for pool in targets_of(SHARD, "pgbouncer")}
    return [f"{one.name} of {pool}" for pool, databases in reports.items() for one in databases if one.paused]


def _cluster() -> Cluster:
    return Patroni(targets_of(SHARD, "patroni")[0]).cluster()


def _leader(cluster: Cluster) -> Member:
    assert cluster.leader is not None, f"{SHARD} has no leader"
    return cluster.leader


def _ready(cluster: Cluster) -> bool:
    leader = _leader(cluster)
    follow = all(member.healthy and member.timeline == leader.timeline for member in cluster.members)
    return follow and any(member.synchronous for member in cluster.members)


ROOM = "shards.replication.switchover"
# The pause is written down; a guard has it; the pools are at rest; Patroni was asked; the leader is changing; it has
# changed; the clients go on and it is not written down; it is done, and nobody has looked.
SUBJECT = Subject(
    kind="switchover",
    make=make,
    steps=3,
    calls=(
        Call(1, "shards.pools.pausing.services:_guarded"),
        Call(1, "shards.pools.pausing.services:_at_rest"),
        Call(1, f"{ROOM}.handing_over:GoingOn"),
        Call(1, f"{ROOM}.handing_over:_follow"),
        Call(1, f"{ROOM}.handing_over:_tell", 3),
        Call(1, f"{ROOM}.handing_over:_success"),
        Call(1, f"{ROOM}.handing_over:end_all"),
        Call(2, f"{ROOM}.settling:unsettled", 2),
    ),
)
