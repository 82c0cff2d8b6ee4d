"""`switchover-schedule` and `switchover-unschedule` of a real shard: Patroni has it on its list, or not any more."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from django_tenants.utils import tenant_context

from novaops.operations.models import Operation
from shards.exceptions import Refused
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.cases.maintenance import SHARD, api, ready
from tests.proof.scene import Scene

ROOM = "shards.replication.switchover.scheduling"


@contextmanager
def make(schedule: bool, scene: Scene) -> Iterator[Case]:
    """A case of the kind that puts it on the list, or takes it off."""
    with tenant_context(scene.fleet):
        facts = ready()
        assert facts.leader is not None
        candidate = next(one.name for one in facts.cluster.members if one.synchronous)
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=6)
        if not schedule:
            api().switchover(facts.leader.name, candidate, at)

    def violations(operation: Operation) -> list[str]:
        with tenant_context(scene.fleet):
            there = api().cluster().scheduled_switchover
        wanted = schedule is (operation.status == "done")
        right = (there.candidate, there.at) == (candidate, at) if there else not wanted
        return [] if right and bool(there) is wanted else [f"On the list is {there}."]

    told = {"shard": SHARD, **({"candidate": candidate, "at": at.isoformat()} if schedule else {})}
    try:
        yield Case(f"switchover-{'' if schedule else 'un'}schedule", lambda way: told, violations)
    finally:
        with tenant_context(scene.fleet), suppress(Refused):
            api().cancel_switchover()


# It is about to be asked for; whether it is on the list is about to be looked at.
SCHEDULE = Subject(
    kind="switchover-schedule",
    make=partial(make, True),
    steps=1,
    calls=(Call(0, f"{ROOM}:_api"), Call(0, f"{ROOM}:_api", 2)),
)
UNSCHEDULE = Subject(
    kind="switchover-unschedule",
    make=partial(make, False),
    steps=1,
    calls=(Call(0, f"{ROOM}:_cluster", 2), Call(0, f"{ROOM}:_api", 3)),
)
ALL = (SCHEDULE, UNSCHEDULE)
