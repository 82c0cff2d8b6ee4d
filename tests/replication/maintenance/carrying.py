"""Operations on the shared shard, carried out in the test's own process, and what its cluster says."""

from typing import Any

from novaops.fleets.models import Person
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.clients.patroni_replies import Member
from shards.replication.maintenance import following, live
from shards.replication.maintenance.live import ClusterFacts
from tests.waiting import wait_for

SHARD = "shard-1"
READY_SECONDS = 180


def ready(shard: str = SHARD) -> ClusterFacts:
    """The cluster once all of its members are back and in step."""

    def look() -> ClusterFacts | None:
        facts = live.read(shard)
        well = not facts.problem and not facts.silent and not facts.cluster.paused
        return facts if well and not any(following.lacks(facts, one.name) for one in facts.cluster.members) else None

    found = wait_for(look, f"{shard} with all members in step", READY_SECONDS)
    assert found is not None
    return found


def carried(kind: str, parameters: dict[str, Any], operator: Person, approver: Person) -> Operation:
    """Requested, confirmed, approved where that is asked for, and carried out; it has to be done."""
    asked = services.request(kind, {"shard": SHARD, **parameters}, operator, "Maintenance.")
    assert asked.status == "planned", asked.outcome
    services.confirm(asked, operator, asked.plan.confirm)
    asked.refresh_from_db()
    if asked.status == "waiting":
        services.approve(asked, approver)
    execute(asked.pk)
    return finished(asked)


def taken_back(operation: Operation, operator: Person, approver: Person) -> Operation:
    back = services.take_back(operation, operator, "Maintenance is over.")
    assert back.status == "planned", back.outcome
    services.confirm(back, operator, back.plan.confirm)
    back.refresh_from_db()
    if back.status == "waiting":
        services.approve(back, approver)
    execute(back.pk)
    return finished(back)


def finished(operation: Operation) -> Operation:
    operation.refresh_from_db()
    assert operation.status == "done", [operation.outcome, *operation.steps.values_list("key", "status", "error")]
    return operation


def replica(facts: ClusterFacts, *, synchronous: bool = False) -> Member:
    return next(one for one in facts.cluster.members if not one.leads and one.synchronous is synchronous)
