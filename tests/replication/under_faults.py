"""Switchovers whose Patroni API is slow, refuses or lies once the plan was made: by name, `script/test
tests/replication/under_faults.py`. Eight clients write through the pool all the while."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Person
from novaops.inventory.models import Server
from novaops.inventory.selectors import pool_of, targets_of
from novaops.inventory.targets import Target
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.pools.pausing import records
from shards.replication.switchover.places import Places
from tests.pool_guards import guarding
from tests.replication.faulty_api import Fault, proxy
from tests.replication.pool_clients import present, writing
from tests.replication.test_switchover import SHARD, cluster, leader, named, ready, server
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shard(live_fleet: Fleet) -> Iterator[str]:
    with tenant_context(live_fleet), guarding(live_fleet):
        wait_for(lambda: ready(cluster()), f"{SHARD} with a leader and a synchronous standby", 120)
        yield SHARD


@pytest.mark.parametrize("who", ["leader", "candidate"])
@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.REFUSING, Fault.STALE])
def test_no_client_fails(
    shard: str, person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch, fault: Fault, who: str
) -> None:
    old, candidate = leader(), named(cluster(), synchronous=True)
    faulty = old if who == "leader" else candidate
    [behind] = [one for one in targets_of(shard, "patroni") if one.name == faulty]
    with proxy(behind.url) as api, writing(pool_of(shard), server(old)) as written:
        Server.objects.filter(kind="patroni", name=faulty).update(url=api.url)
        operation = queued(shard, candidate, person)
        for path in ("/cluster", "/patroni", "/config"):
            api.answer("GET", path, b"", {})
        ended = ended_under(operation, partial(setattr, api, "fault", fault), monkeypatch)
        Server.objects.filter(kind="patroni", name=faulty).update(url=behind.url)
    assert written.errors == [], ended.outcome
    assert not records.standing()
    assert written.lost(present(pool_of(shard), server(leader()))) == []
    said = [ended.outcome, *ended.steps.values_list("key", "status", "outcome", "error")]
    print(fault, who, said, written.gap_ms(0, float("inf")))
    assert (ended.status, leader()) == ("done", candidate), said


def queued(shard: str, candidate: str, person: Callable[..., Person]) -> Operation:
    wanted = {"shard": shard, "candidate": candidate}
    asked = services.request("switchover", wanted, person("operator"), "Under faults.")
    services.confirm(asked, person("operator"), asked.plan.confirm)
    return services.approve(asked, person("approver"))


def ended_under(operation: Operation, break_it: Callable[[], None], patch: pytest.MonkeyPatch) -> Operation:
    """The fault begins in the step, right after it has found out who answers."""
    asked = Places.apis

    def and_then(places: Places) -> list[Target]:
        found = asked(places)
        break_it()
        return found

    patch.setattr(Places, "apis", and_then)
    execute(operation.pk)
    patch.undo()
    return Operation.objects.get(pk=operation.pk)
