"""What is done with notices: both tiers forget before anything is acknowledged, and changes are counted once."""

import uuid
from collections.abc import Iterator

import pytest
from django_tenants.utils import tenant_context

from caching.clients.jetstream import Delivery
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.tiers import Tiers
from caching.stream.consuming import Arrived, Consumer
from caching.stream.invalidator import Invalidator
from caching.stream.models import PartState, StreamMinute
from caching.stream.names import EVERYBODY, ROLLUPS, invalidator_of, lane_of
from caching.stream.road import Road
from caching.stream.rollups import Rollups
from novaops.fleets.models import Fleet
from tests.caching.coherence.places import Places
from tests.caching.stream.samples import notice


@pytest.fixture
def tiers(places: Places) -> Iterator[Tiers]:
    found = places.tiers()
    yield found
    found.close()


def name() -> str:
    return f"coherence-{uuid.uuid4().hex[:8]}"


def value(tiers: Tiers, tenant: str, vm: str, new: int) -> int:
    return int(tiers.get_or_compute("vm", tenant, vm, lambda: new))


def arrived(sequence: int, **more: object) -> Arrived:
    return Arrived(notice(**more), Delivery("s", b"", sequence, 1, "r"))  # type: ignore[arg-type]


def test_a_notice_makes_its_vm_old_and_is_acknowledged_then(road: Road, tiers: Tiers) -> None:
    tenant = name()
    consumer = Consumer(invalidator_of(lane_of(tenant)), road, Invalidator(tiers))
    assert [value(tiers, tenant, vm, 1) for vm in "ab"] == [1, 1]
    road.publish([notice(tenant, 100, "a")])
    last = road.last()
    assert not road.delivered(last)
    consumer.turn()
    assert [value(tiers, tenant, vm, 2) for vm in "ab"] == [2, 1]
    assert road.delivered(last) and consumer.report.state == PartState.WORKING
    assert consumer.report.numbers["invalidations_total"] == 1


def test_while_the_tiers_cannot_keep_it_nothing_is_acknowledged(road: Road, tiers: Tiers) -> None:
    tenant, away = name(), Tiers(L1([("127.0.0.1", 1)]), L2([("127.0.0.1", 1)]))
    consumer = Consumer(invalidator_of(lane_of(tenant)), road, Invalidator(away))
    value(tiers, tenant, "a", 1)
    road.publish([notice(tenant, 100, "a")])
    consumer.turn()
    assert consumer.report.state == PartState.STUCK and tenant in consumer.report.cause
    assert not road.delivered(road.last())
    consumer.work = Invalidator(tiers)
    consumer.turn()
    assert value(tiers, tenant, "a", 2) == 2 and road.delivered(road.last())


def test_what_a_batch_tells_of_a_tenant_is_forgotten_at_once(tiers: Tiers) -> None:
    tenant, work = name(), Invalidator(tiers)
    several = [arrived(number, tenant=tenant, lsn=number, vms=(f"vm-{number}",)) for number in range(1, 40)]
    value(tiers, tenant, "vm-1", 1)
    value(tiers, tenant, "elsewhere", 1)
    assert work.take(several) == several
    assert value(tiers, tenant, "vm-1", 2) == 2 and value(tiers, tenant, "elsewhere", 2) == 2
    assert work.numbers["invalidations_total"] == 39


def test_what_is_only_to_be_counted_makes_nothing_old(tiers: Tiers) -> None:
    tenant, work = name(), Invalidator(tiers)
    value(tiers, tenant, "a", 1)
    several = [arrived(1, tenant=EVERYBODY, lsn=1, crowd={tenant: {"changed": 1}})]
    assert work.take(several) == several and value(tiers, tenant, "a", 2) == 1


def test_each_of_a_crowd_is_counted(road: Road, in_fleet: Fleet) -> None:
    first, second = name(), name()
    told = arrived(1, tenant=EVERYBODY, crowd={first: {"changed": 2}, second: {"created": 1}, EVERYBODY: {"other": 9}})
    everybody = arrived(2, tenant=EVERYBODY, whole=True)
    assert len(Rollups(in_fleet, road).take([told, everybody])) == 2
    with tenant_context(in_fleet):
        rows = StreamMinute.objects.filter(tenant_id__in=(first, second, EVERYBODY))
        assert {(one.tenant_id, one.changed, one.created) for one in rows} == {(first, 2, 0), (second, 0, 1)}


def test_a_message_that_is_no_notice_is_done_with(tiers: Tiers) -> None:
    odd = Arrived(None, Delivery("s", b"?", 1, 1, "r"))
    assert Invalidator(tiers).take([odd]) == [odd]


def test_changes_count_once_however_often_they_are_delivered(road: Road, in_fleet: Fleet) -> None:
    tenant, work = name(), Rollups(in_fleet, road)
    first = arrived(1, tenant=tenant, counts={"created": 2, "changed": 1})
    second = arrived(2, tenant=tenant, lsn=101, counts={"changed": 4})
    assert work.take([first]) == [first]
    assert work.take([first, second]) == [first, second]
    assert Rollups(in_fleet, road).take([second]) == [second], "nor by whoever takes over"
    with tenant_context(in_fleet):
        row = StreamMinute.objects.get(tenant_id=tenant)
    assert (row.transactions, row.created, row.changed) == (2, 2, 5) and row.minute.second == 0


def test_what_comes_before_its_predecessor_waits_for_it(road: Road, in_fleet: Fleet) -> None:
    work = Rollups(in_fleet, road)
    late, first = arrived(2, tenant=name()), arrived(1, tenant=name())
    assert work.take([late]) == [] and "message 1" in work.cause
    assert work.take([first, late]) == [first, late]


def test_what_is_told_again_counts_nothing(road: Road, in_fleet: Fleet) -> None:
    tenant = name()
    Rollups(in_fleet, road).take([arrived(1, tenant=tenant, again=True, counts={"changed": 1})])
    with tenant_context(in_fleet):
        assert not StreamMinute.objects.filter(tenant_id=tenant).exists()


def test_what_was_fetched_is_not_acknowledged_by_that(road: Road) -> None:
    road.publish([notice("acme", lsn) for lsn in range(1, 4)])
    assert len(road.fetch(ROLLUPS, 500, 1.0)) == 3
    assert road.jetstream.acknowledged(road.stream, ROLLUPS) == 0
