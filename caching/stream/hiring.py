"""Which pieces of work the change stream of a fleet consists of, and who does each."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from caching.clients.jetstream import JetStream
from caching.console_tiers import tiers_of
from caching.stream import names
from caching.stream.consuming import Consumer
from caching.stream.invalidator import Invalidator
from caching.stream.parts import Report
from caching.stream.reader import Reader
from caching.stream.road import Road
from caching.stream.rollups import Rollups
from novaops.fleets.models import Fleet
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import shards, targets
from novaops.inventory.targets import Target
from novaops.leased import process

READER = "reader"
SORTS = (READER, names.INVALIDATOR, names.ROLLUPS)
USED = (ServerKind.NATS, ServerKind.REDIS, ServerKind.MEMCACHED)
Servers = tuple[Target, ...]


class Worker(process.Worker, Protocol):
    """It tells how its work goes."""

    @property
    def report(self) -> Report: ...


@dataclass
class _Shared:
    road: Road
    users: int = 0


_roads: dict[tuple[str, Servers], _Shared] = {}


def wanted(sorts: Iterable[str]) -> Mapping[str, Servers]:
    """Parts by name, each with the servers that its worker is hired with; inside a fleet. A fleet without NATS has no
    change stream."""
    servers = tuple(server for server in targets() if server.kind in USED)
    if not any(server.kind == ServerKind.NATS for server in servers):
        return {}
    return {name: servers for sort in sorts for name in _parts(sort)}


def _parts(sort: str) -> Iterable[str]:
    if sort == READER:
        return [f"{READER}:{shard.name}" for shard in shards()]
    if sort == names.INVALIDATOR:
        return [f"{names.INVALIDATOR}:{lane}" for lane in range(names.LANES)]
    return [names.ROLLUPS]


def hire(fleet: Fleet, name: str) -> process.Hired[Worker]:
    """A worker that is ready to run; inside the fleet. Addresses and passwords are read once."""
    with ExitStack() as stack:
        worker = _worker(fleet, name, stack)
        return process.Hired(worker, stack.pop_all().close)


def _worker(fleet: Fleet, name: str, stack: ExitStack) -> Worker:
    road = stack.enter_context(road_of(fleet))
    sort, _, which = name.partition(":")
    if sort == names.ROLLUPS:
        return Consumer(names.ROLLUPS, road, Rollups(fleet, road))
    tiers = tiers_of(fleet)
    stack.callback(tiers.close)
    if sort == READER:
        return Reader(fleet, which, names.slot_of(fleet.slug), road, tiers)
    return Consumer(names.invalidator_of(int(which)), road, Invalidator(tiers))


@contextmanager
def road_of(fleet: Fleet) -> Iterator[Road]:
    """One per process, for all its workers, inside the fleet; closed when the last of them is done with it. To be
    entered and left in one thread."""
    servers = targets(ServerKind.NATS)
    key = (fleet.slug, servers)
    shared = _roads.get(key) or _roads.setdefault(key, _Shared(Road(fleet.slug, JetStream(servers))))
    shared.users += 1
    try:
        yield shared.road
    finally:
        shared.users -= 1
        if not shared.users:
            del _roads[key]
            shared.road.close()
