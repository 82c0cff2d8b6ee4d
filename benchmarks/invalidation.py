"""How long a change takes from its commit until no cache serves what was before.

One process writes a VM over a connection of its own and tells the caches nothing. Another reads that VM through both
tiers without a pause: the delay is from the moment when COMMIT returned until the first read that is not older. The
reader of the shard and the invalidators run as they do in production, in threads of this process. Each read that finds
nothing in the caches asks the primary."""

import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django_tenants.utils import tenant_context

from benchmarks.environment import FLEET, Environment
from caching.library.tiers import Tiers
from caching.stream.hiring import READER, hire, road_of
from caching.stream.models import PartState
from caching.stream.names import INVALIDATOR, LANES
from caching.stream.reader import Reader
from novaops.fleets.models import Fleet
from novaops.inventory import reading
from novaops.inventory.services import import_fleet
from shards.dataplane.migrations import load
from shards.dataplane.migrator import migrate
from shards.dataplane.published import SLOT_PREFIX
from shards.dataplane.targets import shard_databases
from tests.caching.coherence.places import Places
from tests.caching.coherence.tenant import Tenant, read, tenant, write
from tests.waiting import wait_for

WRITES, WARM = 300, 20
PAUSE_SECONDS = 0.01
# The sandbox has this slot from the beginning, so that no member is restarted for another one.
SLOT = f"{SLOT_PREFIX}demo"


def main(environment: Environment) -> dict[str, object]:
    figures = measure(environment)
    print(
        f"From commit to invisible: p50 {figures['invalidate_p50_ms']} ms, p99 {figures['invalidate_p99_ms']} ms, "
        f"{figures['invalidate_max_ms']} ms at most, of {WRITES} changes."
    )
    return figures


def measure(environment: Environment) -> dict[str, object]:
    """`invalidate_p50_ms`, `invalidate_p99_ms` and what else is worth knowing. Makes and removes its own tenant."""
    fleet, places = _fleet(environment.state), Places.of(environment.state)
    with tenant_context(fleet), tenant(places, 1) as who, _working(fleet):
        delays = _delays(places, who)
    cuts = statistics.quantiles(delays, n=100)
    return {
        "invalidate_p50_ms": _ms(statistics.median(delays)),
        "invalidate_p99_ms": _ms(cuts[98]),
        "invalidate_max_ms": _ms(max(delays)),
        "invalidate_writes": len(delays),
    }


def _fleet(state: Path) -> Fleet:
    """With the sandbox's servers, and the newest data plane on its shards."""
    fleet = Fleet.objects.get(slug=FLEET)
    described = reading.read(state / "fleet.yml").model_copy(update={"fleet": fleet.slug, "name": fleet.name})
    import_fleet(described, state)
    with tenant_context(fleet):
        for shard in shard_databases():
            migrate(shard, load(), lambda line: None)
    return fleet


@contextmanager
def _working(fleet: Fleet) -> Iterator[None]:
    """The change stream of the first shard, in threads, until the end; in a stream of its own."""
    shard = shard_databases()[0].shard
    hired = [hire(fleet, name) for name in (f"{READER}:{shard}", *(f"{INVALIDATOR}:{lane}" for lane in range(LANES)))]
    workers = [one.worker for one in hired]
    assert isinstance(workers[0], Reader)
    workers[0].slot = SLOT
    threads = [threading.Thread(target=one.run, name=f"worker-{uuid.uuid4().hex[:4]}", daemon=True) for one in workers]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: all(one.report.state == PartState.WORKING for one in workers), "the change stream to run")
        yield
    finally:
        for one in workers:
            one.stop.set()
        for thread in threads:
            thread.join(15)
        with road_of(fleet) as road:
            road.jetstream.delete(road.stream)
        for done in hired:
            done.close()
        connection.close()


def _delays(places: Places, who: Tenant) -> list[float]:
    """Seconds, one for each change."""
    [vm], tiers, found = who.vms, places.tiers(), []
    with places.leader() as source, places.pool("primary") as writer:
        for number in range(1, WARM + WRITES + 1):
            _read(tiers, source, who, vm)
            write(writer, who.name, vm, number)
            committed = time.perf_counter()
            while _read(tiers, source, who, vm) < number:
                pass
            if number > WARM:
                found.append(time.perf_counter() - committed)
            time.sleep(PAUSE_SECONDS)
    tiers.close()
    return found


def _read(tiers: Tiers, source: object, who: Tenant, vm: str) -> int:
    return int(tiers.get_or_compute("vm", who.name, vm, lambda: read(source, who.name, vm)))  # type: ignore[arg-type]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
