"""What a move of a tenant asks of the change stream: its entries forgotten, its changes followed to the end."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context

from caching.library.tiers import Tiers
from caching.stream import positions
from caching.stream.consuming import Consumer
from caching.stream.following import delivered, forget_now
from caching.stream.invalidator import Invalidator
from caching.stream.names import LANES, ROLLUPS, invalidator_of
from caching.stream.positions import Place
from caching.stream.problems import StreamProblem
from caching.stream.road import Road
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server, ServerKind
from novaops.sandbox.control import Client
from shards.decoding.slots import SlotState
from shards.placement.signals import tenant_changed
from tests.caching.coherence.faults import redis_replicas
from tests.caching.coherence.places import Places
from tests.caching.coherence.tenant import tenant, write
from tests.caching.stream.conftest import SHARD, Reading

SLOT = SlotState(False, None, "reserved", "pgoutput", "novacron", confirmed=1, held_bytes=0, behind_bytes=0)
Shard = psycopg.Connection[Any]


@pytest.fixture
def tiers(places: Places) -> Iterator[Tiers]:
    found = places.tiers()
    yield found
    found.close()


@pytest.fixture
def who(tiers: Tiers) -> str:
    """A tenant of which two VMs are cached, as 1."""
    name = f"coherence-{uuid.uuid4().hex[:8]}"
    assert [value(tiers, name, vm, 1) for vm in "ab"] == [1, 1]
    return name


def value(tiers: Tiers, tenant_id: str, vm: str, new: int) -> int:
    return int(tiers.get_or_compute("vm", tenant_id, vm, lambda: new))


def test_a_tenant_is_forgotten_in_both_tiers_and_no_other_is(tiers: Tiers, who: str) -> None:
    value(tiers, f"{who}-other", "a", 1)
    forget_now(tiers, who)
    assert [value(tiers, who, vm, 2) for vm in "ab"] == [2, 2] and value(tiers, f"{who}-other", "a", 2) == 1


def test_what_would_not_survive_a_failover_is_no_forgetting_and_is_tried_again(
    tiers: Tiers, who: str, restored: Client, places: Places
) -> None:
    replicas = redis_replicas(places)
    for name in replicas:
        restored.pause(name)
    with pytest.raises(StreamProblem, match=f"The entries of {who} could not be made old"):
        forget_now(tiers, who, within=0.5)
    for name in replicas:
        restored.resume(name)
    forget_now(tiers, who, within=60)
    assert value(tiers, who, "a", 2) == 2


def test_a_tenant_that_changed_its_place_is_forgotten(tiers: Tiers, who: str, live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        tenant_changed.send(sender=None, tenant_id=who, shard="shard-2", epoch=2)
    assert [value(tiers, who, vm, 2) for vm in "ab"] == [2, 2]


def test_whoever_says_so_hears_that_it_could_not_be(who: str, live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        Server.objects.filter(kind=ServerKind.REDIS).update(host="127.0.0.1", port=1)
        with pytest.raises(StreamProblem, match="could not be made old"):
            tenant_changed.send(sender=None, tenant_id=who, shard="shard-2", epoch=2)


def test_what_a_shard_committed_is_delivered_when_it_was_read_and_both_tiers_forgot(
    reading: Reading, road: Road, places: Places, tiers: Tiers, shard: Shard
) -> None:
    positions.begin(SHARD, Place("system", 1, SLOT, "road"), "It begins.")
    with tenant(places, 2) as who, places.pool("primary") as application:
        assert value(tiers, who.name, who.vms[0], 1) == 1
        write(application, who.name, who.vms[0], 1)
        lsn = _position(shard)
        _is_not_delivered(road, lsn)
        reading.until_quiet(shard)
        _is_not_delivered(road, lsn)
        assert positions.confirm(SHARD, "", reading.publisher.confirmable(), owed=False)
        _is_not_delivered(road, lsn)
        for lane in range(LANES):
            Consumer(invalidator_of(lane), road, Invalidator(tiers)).turn()
        delivered(road, SHARD, lsn, within=60)
        assert value(tiers, who.name, who.vms[0], 2) == 2
        assert road.jetstream.acknowledged(road.stream, ROLLUPS) == 0, "counting keeps no move waiting"


def test_a_silent_road_is_a_sentence_too(road: Road, in_fleet: Fleet) -> None:
    away = Road(road.fleet, type(road.jetstream)([]))
    positions.begin(SHARD, Place("system", 1, SLOT, "road"), "It begins.")
    with pytest.raises(StreamProblem, match="JetStream: NATS: The fleet has no NATS server"):
        delivered(away, SHARD, 0)
    away.close()


def _is_not_delivered(road: Road, lsn: int) -> None:
    with pytest.raises(StreamProblem, match=f"{SHARD} has not delivered"):
        delivered(road, SHARD, lsn, within=0.0)


def _position(shard: Shard) -> int:
    row = shard.execute("SELECT (pg_current_wal_lsn() - '0/0')::bigint").fetchone()
    assert row is not None
    return int(row[0])
