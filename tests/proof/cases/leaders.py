"""`shard-restart`, `fleet-restart`, `failover` and `failover-forced` of a real shard: every member has restarted,
another one leads, and each part was carried out once."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django_tenants.utils import tenant_context

from novaops.operations.models import Operation
from novaops.sandbox.control import Client
from shards.replication.maintenance import live
from shards.replication.maintenance.live import ClusterFacts
from tests.pool_guards import guarding
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.cases.maintenance import READY_SECONDS, ROOM, SHARD, api, case, ready
from tests.proof.scene import Scene
from tests.waiting import wait_for

LEADERLESS_SECONDS = 90


def _restarting(kind: str, parameters: dict[str, Any], parts: Callable[[Operation], list[str]]) -> Any:
    @contextmanager
    def make(scene: Scene) -> Iterator[Case]:
        with tenant_context(scene.fleet):
            before = ready()

        def judge(was: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
            return [*_not_restarted(was, now), *_leads_on(was, now, ""), *parts(operation)]

        with guarding(scene.fleet):
            yield case(scene, kind, parameters, judge, before)

    return make


def _not_restarted(was: ClusterFacts, now: ClusterFacts) -> list[str]:
    names = [one.name for one in was.cluster.members]
    same = [name for name in names if now.word(name).status.started_at == was.word(name).status.started_at]
    return [f"{', '.join(same)} did not restart."] if same else []


def _leads_on(was: ClusterFacts, now: ClusterFacts, candidate: str) -> list[str]:
    """The candidate, or anybody else than before, on the very next timeline."""
    assert was.leader is not None and now.leader is not None
    wanted = candidate or "another one"
    right = now.leader.name == candidate if candidate else now.leader.name != was.leader.name
    said = [] if right else [f"{now.leader.name} leads, not {wanted}."]
    before = max(one.timeline or 0 for one in was.cluster.members)
    return said + ([] if now.leader.timeline == before + 1 else [f"The timeline is {now.leader.timeline}: {before}."])


def _once_each(operation: Operation) -> list[str]:
    """Each part was begun once; where the leader restarted when it handed over, nothing is left for its own part."""
    found = sorted(operation.children.values_list("kind", "status"))
    wanted = [("member-restart", "done")] * 2 + [("switchover", "done")]
    return [] if found in (wanted, [("member-restart", "done"), *wanted]) else [f"Its parts were {found}."]


def _one_shard(operation: Operation) -> list[str]:
    found = list(operation.children.all())
    if [(one.kind, one.status) for one in found] != [("shard-restart", "done")]:
        return [f"Its parts were {[(one.kind, one.status) for one in found]}."]
    return _once_each(found[0])


@contextmanager
def leaderless(scene: Scene) -> Iterator[Case]:
    """The leader is frozen, and Patroni is paused, so that it elects nobody by itself."""
    servers = Client(Path(os.environ["NOVAOPS_STATE"]))
    with tenant_context(scene.fleet):
        before = ready()
        assert before.leader is not None
        candidate = next(one.name for one in before.cluster.members if one.synchronous)
        api().pause(True)
        wait_for(lambda: all(one.status.paused for one in live.read(SHARD).words.values()), "all to know of the pause")
        servers.pause(before.leader.name)

    def violations(operation: Operation) -> list[str]:
        with tenant_context(scene.fleet):
            return _leads_on(before, live.read(SHARD), candidate)

    try:
        with tenant_context(scene.fleet):
            wait_for(lambda: live.read(SHARD).leader is None, "the leader key to end", LEADERLESS_SECONDS)
        yield Case("failover", lambda way: {"shard": SHARD, "candidate": candidate}, violations)
    finally:
        servers.resume(before.leader.name)
        with tenant_context(scene.fleet):
            wait_for(_managed, f"{SHARD} to be managed", READY_SECONDS)


def _managed() -> bool:
    api().pause(False)
    return True


@contextmanager
def forced(scene: Scene) -> Iterator[Case]:
    """Although the leader is healthy."""
    with tenant_context(scene.fleet):
        before = ready()
        candidate = next(one.name for one in before.cluster.members if one.synchronous)

    def judge(was: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
        return _leads_on(was, now, candidate)

    yield case(scene, "failover-forced", {"shard": SHARD, "candidate": candidate}, judge, before)


# A part is about to be requested; it was, and is waited for.
SHARD_RESTART = Subject(
    kind="shard-restart",
    make=_restarting("shard-restart", {"shard": SHARD, "only_pending": False}, _once_each),
    steps=4,
    calls=(
        Call(0, f"{ROOM}.children:begin_child"),
        Call(0, f"{ROOM}.children:_over"),
        Call(0, f"{ROOM}.restart_steps:_follow"),
        Call(2, f"{ROOM}.children:begin_child"),
        Call(2, f"{ROOM}.children:_over"),
        Call(2, "shards.replication.switchover.handing_over:_follow"),
    ),
)
FLEET_RESTART = Subject(
    kind="fleet-restart",
    make=_restarting("fleet-restart", {"shards": SHARD, "only_pending": False}, _one_shard),
    steps=2,
    calls=(
        Call(0, "shards.fleetwide.steps:begin_child"),
        Call(0, "shards.fleetwide.steps:_await"),
        Call(0, f"{ROOM}.children:_over", 2),
        Call(0, "shards.fleetwide.steps:_await_well"),
    ),
)
# Patroni was asked, and nobody has looked; somebody is about to be asked who leads. The pools mostly follow before the
# second step is looked at, so that nothing is waited for in it.
_CALLS = (Call(0, f"{ROOM}.failover_steps:_follow"), Call(0, f"{ROOM}.failover_steps:_leads", 2))
FAILOVER = Subject(kind="failover", make=leaderless, steps=1, calls=_CALLS)
FORCED = Subject(kind="failover-forced", make=forced, steps=1, calls=_CALLS)
ALL = (SHARD_RESTART, FLEET_RESTART, FAILOVER, FORCED)
