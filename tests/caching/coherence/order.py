"""Whether JetStream has the notices of each tenant in the order of the commits, each once: a listener of its own."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import nats
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from caching.stream import names
from caching.stream.notices import Notice
from tests.caching.coherence.places import Places

FETCH_SECONDS = 1.0
# The server forgets a listener that ended without a word, and keeps no message for it any more.
FORGOTTEN_SECONDS = 30.0


@dataclass
class Listener:
    """`notices` in the order of the stream, from the beginning of `listening` on."""

    servers: list[str]
    fleet: str
    notices: list[Notice] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        client = await nats.connect(self.servers)
        wanted = ConsumerConfig(
            ack_policy=AckPolicy.EXPLICIT, deliver_policy=DeliverPolicy.NEW, inactive_threshold=FORGOTTEN_SECONDS
        )
        stream, subject = names.stream_of(self.fleet), names.whole(self.fleet)
        pull = await client.jetstream().pull_subscribe(subject, stream=stream, config=wanted)
        self.ready.set()
        while not self.stop.is_set():
            try:
                several = await pull.fetch(500, FETCH_SECONDS)
            except (NatsTimeout, TimeoutError):
                continue
            for one in several:
                self.notices.append(Notice.unpack(one.data))
                await one.ack()
        await pull.unsubscribe()
        await client.close()


@contextmanager
def listening(places: Places, fleet: str) -> Iterator[Listener]:
    one = Listener([f"nats://{server['address']}" for server in places.described["nats"]], fleet)
    thread = threading.Thread(target=one.run, daemon=True)
    thread.start()
    assert one.ready.wait(60), "JetStream did not take a listener"
    try:
        yield one
        assert thread.is_alive(), "the listener ended early: nothing is known about the order"
    finally:
        one.stop.set()
        thread.join(60)


def disorder(notices: Iterable[Notice]) -> list[str]:
    """Sentences about notices that came after a later one of their tenant, or twice. Pure. What is told again for
    replicas has its place later; what is told of everybody is older than nothing."""
    last: dict[tuple[str, str], tuple[int, int, int]] = {}
    found = []
    for one in notices:
        if one.again or one.of_shard:
            continue
        key, place = (one.shard, one.tenant), (one.timeline, one.lsn, one.ordinal)
        if place <= last.get(key, (0, 0, 0)):
            found.append(f"{one.tenant} of {one.shard}: {place} came after {last[key]}.")
        last[key] = max(place, last.get(key, place))
    return found
