"""Processes of the change stream share the work, and notice when it is to be done with other servers."""

from collections.abc import Callable, Iterator

import pytest
from django_tenants.utils import tenant_context

from caching.library.tiers import Tiers
from caching.stream import hiring
from caching.stream.models import PartState, StreamPart
from caching.stream.names import INVALIDATOR, LANES, lane_of
from caching.stream.road import Road
from caching.stream.work import ChangeStream
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server, ServerKind, Shard
from novaops.leased import process as room
from novaops.leased.process import Process
from tests.caching.coherence.places import Places
from tests.caching.stream.samples import notice
from tests.waiting import wait_for

TENANT = "coherence-process"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(room, "RENEW_SECONDS", 0.0)


@pytest.fixture
def road(live_fleet: Fleet) -> Iterator[Road]:
    """The fleet's own, which workers are hired with; gone at the end."""
    with tenant_context(live_fleet), hiring.road_of(live_fleet) as found:
        found.build()
        yield found
        found.jetstream.delete(found.stream)


@pytest.fixture
def process(road: Road) -> Iterator[Process[hiring.Worker]]:
    found = Process(ChangeStream((INVALIDATOR,)))
    yield found
    found.end()


@pytest.fixture
def tiers(places: Places) -> Iterator[Tiers]:
    found = places.tiers()
    yield found
    found.close()


def turned(process: Process[hiring.Worker], what: str, over: Callable[[], bool]) -> None:
    def turn() -> bool:
        process.turn()
        return over()

    wait_for(turn, what)


def all_run(process: Process[hiring.Worker]) -> bool:
    return len(process.running) == LANES and all(one.thread.is_alive() for one in process.running.values())


def state(fleet: Fleet) -> str:
    with tenant_context(fleet):
        return StreamPart.objects.get(name=f"{INVALIDATOR}:{lane_of(TENANT)}").state


def test_servers_that_an_import_changes_are_noticed(
    process: Process[hiring.Worker], road: Road, live_fleet: Fleet, tiers: Tiers
) -> None:
    turned(process, "every lane to have a worker", lambda: all_run(process))
    first = {one.thread for one in process.running.values()}
    with tenant_context(live_fleet):
        ports = dict(Server.objects.filter(kind=ServerKind.REDIS).values_list("pk", "port"))
        Server.objects.filter(kind=ServerKind.REDIS).update(port=1)
    turned(process, "other workers", lambda: all_run(process) and not first & threads(process))
    assert tiers.get_or_compute("vm", TENANT, "a", lambda: 1) == 1
    road.publish([notice(TENANT, 100, "a")])
    turned(process, "a worker that cannot reach Redis", lambda: state(live_fleet) == PartState.STUCK)
    with tenant_context(live_fleet):
        for pk, port in ports.items():
            Server.objects.filter(pk=pk).update(port=port)
    turned(process, "what waited to be forgotten", lambda: road.delivered(road.last()))
    assert tiers.get_or_compute("vm", TENANT, "a", lambda: 2) == 2


def threads(process: Process[hiring.Worker]) -> set[object]:
    return {one.thread for one in process.running.values()}


def test_without_nats_nobody_works_and_what_ended_is_free_at_once(
    process: Process[hiring.Worker], live_fleet: Fleet
) -> None:
    turned(process, "every lane to have a worker", lambda: all_run(process))
    with tenant_context(live_fleet):
        Server.objects.filter(kind=ServerKind.NATS).update(present=False)
    turned(process, "nobody to work", lambda: not process.running)
    with tenant_context(live_fleet):
        assert not StreamPart.objects.exclude(holder="").exists()
        Server.objects.filter(kind=ServerKind.NATS).update(present=True)
    other = Process(process.work)
    turned(other, "another process to take over", lambda: all_run(other))
    other.end()


def test_a_shard_that_an_import_leaves_out_is_read_no_more(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        before = set(hiring.wanted([hiring.READER]))
        Shard.objects.filter(name="shard-2").update(present=False)
        assert before - set(hiring.wanted([hiring.READER])) == {"reader:shard-2"}
