"""An invalidator that lies: it acknowledges every notice and makes nothing old. The proof must notice."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from caching.stream.consuming import Arrived, Consumer
from caching.stream.names import LANES, invalidator_of
from caching.stream.road import Road
from tests.caching.coherence.places import Places


@dataclass
class Liar:
    cause: str = ""
    numbers: dict[str, float] = field(default_factory=dict)

    def take(self, several: Sequence[Arrived]) -> Sequence[Arrived]:
        return several


@contextmanager
def lying(places: Places, fleet: str) -> Iterator[None]:
    """In place of the fleet's invalidators, which must not run."""
    road = Road(fleet, places.jetstream())
    liars = [Consumer(invalidator_of(lane), road, Liar()) for lane in range(LANES)]
    threads = [threading.Thread(target=one.run, daemon=True) for one in liars]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for one in liars:
            one.stop.set()
        for thread in threads:
            thread.join(60)
        road.close()
