"""A real shard is read: what is committed there arrives in JetStream once, in order, and nothing else does."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from caching.stream import notices
from caching.stream.names import LANES, ROLLUPS, invalidator_of, lane_of
from caching.stream.notices import Notice
from caching.stream.road import Road
from tests.caching.coherence.places import Places
from tests.caching.coherence.tenant import Tenant, tenant, write
from tests.caching.stream.conftest import Reading

pytestmark = pytest.mark.django_db
Shard = psycopg.Connection[Any]


@pytest.fixture
def who(places: Places) -> Iterator[Tenant]:
    with tenant(places, 3) as made:
        yield made


def told(road: Road, beginning: str, consumer: str = ROLLUPS) -> list[Notice]:
    """What came of tenants whose name begins so; all that came is acknowledged."""
    found = []
    while several := road.fetch(consumer, 500, 0.3):
        road.jetstream.acknowledge(several)
        found += [Notice.unpack(one.data) for one in several]
    return [one for one in found if one.tenant.startswith(beginning)]


def test_changes_arrive_in_the_order_of_their_commits(
    reading: Reading, road: Road, places: Places, who: Tenant, shard: Shard
) -> None:
    with places.pool("primary") as application:
        for number, vm in enumerate(who.vms, 1):
            write(application, who.name, vm, number)
    reading.until_quiet(shard)
    found = told(road, who.name)
    assert [one.vms for one in found[-3:]] == [(vm,) for vm in who.vms]
    assert [one.lsn for one in found] == sorted(one.lsn for one in found)
    lane = told(road, who.name, invalidator_of(lane_of(who.name)))
    assert [one.id for one in lane] == [one.id for one in found]


def test_what_is_published_again_is_stored_once(reading: Reading, road: Road, who: Tenant, shard: Shard) -> None:
    reading.until_quiet(shard)
    found = told(road, who.name)
    road.publish(found)
    assert found and told(road, who.name) == []


def test_what_is_rolled_back_or_only_measured_is_told_to_nobody(
    reading: Reading, road: Road, who: Tenant, shard: Shard
) -> None:
    reading.until_quiet(shard)
    told(road, who.name)
    with shard.transaction(force_rollback=True):
        shard.execute("UPDATE vms_hot SET name = 'x' WHERE tenant_id = %s", (who.name,))
    values = (who.name, uuid.uuid4())
    shard.execute("INSERT INTO vm_metrics (time, tenant_id, vm_id) VALUES (now(), %s, %s)", values)
    shard.execute("DELETE FROM vm_metrics WHERE tenant_id = %s AND vm_id = %s", values)
    reading.until_quiet(shard)
    assert told(road, who.name) == []


def test_a_large_transaction_is_one_notice(reading: Reading, road: Road, who: Tenant, shard: Shard) -> None:
    reading.until_quiet(shard)
    told(road, who.name)
    with shard.transaction():
        rows = "SELECT %s, gen_random_uuid() FROM generate_series(1, 5000)"
        shard.execute(f"INSERT INTO vms_cold (tenant_id, id) {rows}", (who.name,))
        shard.execute("DELETE FROM vms_cold WHERE tenant_id = %s", (who.name,))
    reading.until_quiet(shard)
    [found] = told(road, who.name)
    assert found.whole and found.vms == () and found.counts == {"other": 10_000}


def test_many_tenants_in_one_transaction_go_out_in_parts(
    reading: Reading, road: Road, shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "MOST_TENANTS", 3)
    name = f"coherence-{uuid.uuid4().hex[:8]}-"
    with shard.transaction():
        rows = "SELECT %s || n, 'x' FROM generate_series(1, 8) AS n"
        shard.execute(f"INSERT INTO tenants (tenant_id, name) {rows}", (name,))
        shard.execute("DELETE FROM tenants WHERE tenant_id LIKE %s", (f"{name}%",))
    reading.until_quiet(shard)
    found = told(road, "")
    told_of = [tenant for one in found for tenant in (one.crowd or (one.tenant,)) if tenant.startswith(name)]
    assert set(told_of) == {f"{name}{number}" for number in range(1, 9)}
    assert [one.ordinal for one in found] == list(range(len(found))), "none has another's place"
    assert found[3].of_shard and found[3].whole and all(one.crowd for one in found[4:])
    assert found[0].lsn < found[-1].lsn, "who has replayed up to a part has replayed the commit, which ends later"


def test_a_stream_that_is_full_is_waited_for_and_has_everything_once(
    reading: Reading, road: Road, who: Tenant, shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading.until_quiet(shard)
    road.jetstream.delete(road.stream)
    monkeypatch.setattr("caching.stream.road.MOST_WAITING", 60)
    road.build()
    with shard.transaction():
        rows = "SELECT %s || n, 'x' FROM generate_series(1, 200) AS n"
        shard.execute(f"INSERT INTO tenants (tenant_id, name) {rows}", (f"{who.name}-",))
        shard.execute("DELETE FROM tenants WHERE tenant_id LIKE %s", (f"{who.name}-%",))
    found, causes = list[Notice](), set[str]()

    def taken_out(cause: str = "") -> None:
        if cause:
            causes.add(cause)
            found.extend(told(road, f"{who.name}-"))
            for lane in range(LANES):
                told(road, "", invalidator_of(lane))

    reading.until_quiet(shard, taken_out)
    found += told(road, f"{who.name}-")
    assert causes == {"The stream in JetStream is full: maximum messages exceeded."}
    assert [one.ordinal for one in found] == list(range(200))
