"""Which pieces of work the change stream of a fleet consists of, and who does each."""

from collections.abc import Iterable

from caching.clients.jetstream import JetStream
from caching.console_tiers import tiers_of
from caching.stream import names
from caching.stream.consuming import Consumer
from caching.stream.invalidator import Invalidator
from caching.stream.process import Worker
from caching.stream.reader import Reader
from caching.stream.road import Road
from caching.stream.rollups import Rollups
from novaops.fleets.models import Fleet
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import shards, targets

READER = "reader"
_roads: dict[tuple[str, ...], Road] = {}
SORTS = (READER, names.INVALIDATOR, names.ROLLUPS)


def wanted(sort: str) -> Iterable[str]:
    """Names of parts; inside a fleet. A fleet without NATS has no change stream."""
    if not targets(ServerKind.NATS):
        return ()
    if sort == READER:
        return [f"{READER}:{shard.name}" for shard in shards()]
    if sort == names.INVALIDATOR:
        return [f"{names.INVALIDATOR}:{lane}" for lane in range(names.LANES)]
    return [names.ROLLUPS]


def hire(fleet: Fleet, name: str) -> Worker:
    """A worker that is ready to run; inside the fleet. Addresses are read once: see `Process`."""
    road = road_of(fleet)
    sort, _, which = name.partition(":")
    if sort == READER:
        return Reader(fleet, which, names.slot_of(fleet.slug), road, tiers_of(fleet))
    if sort == names.INVALIDATOR:
        return Consumer(names.invalidator_of(int(which)), road, Invalidator(tiers_of(fleet)))
    return Consumer(names.ROLLUPS, road, Rollups(fleet, road))


def road_of(fleet: Fleet) -> Road:
    """One per process, for all its workers; inside the fleet."""
    servers = targets(ServerKind.NATS)
    key = (fleet.slug, *(server.address for server in servers))
    if key not in _roads:
        _roads[key] = Road(fleet.slug, JetStream(servers))
    return _roads[key]
