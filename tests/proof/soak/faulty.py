"""A switchover whose Patroni API is slow, refuses or lies once the plan was made, of the leader or of the candidate,
while eight clients write through the pool: none fails, none of their writes is lost, and the candidate leads."""

from collections.abc import Iterator
from functools import partial
from unittest.mock import patch

from django_tenants.utils import tenant_context

from novaops.inventory.models import Server
from novaops.inventory.selectors import pool_of, targets_of
from novaops.inventory.targets import Target
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.pools.pausing import records
from shards.replication.switchover.places import Places
from tests.pool_guards import guarding
from tests.proof.cases.maintenance import SHARD, ready
from tests.proof.scene import Scene
from tests.proof.soak.attempt import Attempt
from tests.replication.faulty_api import Fault, Proxy, proxy
from tests.replication.pool_clients import present, writing

KIND = "switchover"


def attempts(scene: Scene) -> Iterator[Attempt]:
    for fault in (Fault.SLOW, Fault.REFUSING, Fault.STALE):
        for leads in (True, False):
            name = f"{fault.value}, once it has begun: the API of the {'leader' if leads else 'candidate'}"
            yield Attempt(KIND, "faulty API", name, partial(_problems, scene, fault, leads))


def _problems(scene: Scene, fault: Fault, leads: bool) -> list[str]:
    with tenant_context(scene.fleet), guarding(scene.fleet):
        members = ready().cluster.members
        old = next(one.name for one in members if one.leads)
        candidate = next(one.name for one in members if one.synchronous)
        behind = _target("patroni", old if leads else candidate)
        with proxy(behind.url) as api, writing(pool_of(SHARD), _target("postgres", old)) as written:
            asked = Server.objects.filter(kind="patroni", name=behind.name)
            asked.update(url=api.url)
            try:
                ended = _ended(scene, scene.queued(KIND, {"shard": SHARD, "candidate": candidate}), api, fault)
            finally:
                asked.update(url=behind.url)
        now = next(one.name for one in ready().cluster.members if one.leads)
        lost = written.lost(present(pool_of(SHARD), _target("postgres", now)))
        said = [f"It is {ended.status}: {ended.outcome}"] if ended.status != "done" else []
        said += [] if now == candidate else [f"{now} leads, not {candidate}."]
        said += [f"{len(written.errors)} clients failed: {written.errors[0]}"] if written.errors else []
        said += [f"{len(lost)} writes are lost."] if lost else []
        return said + [f"{one} is written down as paused." for one in records.standing()]


def _ended(scene: Scene, operation: Operation, api: Proxy, fault: Fault) -> Operation:
    """The fault begins in the step, right after it has found out who answers."""
    for path in ("/cluster", "/patroni", "/config"):
        api.answer("GET", path, b"", {})
    asked = Places.apis

    def and_then(places: Places) -> list[Target]:
        found = asked(places)
        api.fault = fault
        return found

    with patch.object(Places, "apis", and_then):
        execute(operation.pk)
    return Operation.objects.get(pk=operation.pk)


def _target(kind: str, name: str) -> Target:
    return next(target for target in targets_of(SHARD, kind) if target.name == name)
