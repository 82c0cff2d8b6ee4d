"""What waits in JetStream, by NATS' own word. Pure."""

from dataclasses import dataclass

from caching.clients.nats_replies import Consumer, NatsServer, Stream
from caching.facts import NatsFacts
from caching.stream.names import stream_of
from metrics.contract import Seen, Snapshot


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of all consumers whose name begins alike. `missing` are those that should be there and are not."""

    waiting: int = 0
    unacknowledged: int = 0
    redelivered: int = 0
    missing: tuple[str, ...] = ()

    @property
    def all(self) -> int:
        return self.waiting + self.unacknowledged


def consumer_values(server: NatsServer) -> dict[str, float]:
    """For the charts: how much each consumer of each stream has before it."""
    return {
        f"{stream.name}:{one.name}:backlog": float(one.pending + one.unacknowledged)
        for stream in server.streams
        for one in stream.consumers
    }


def stream_seen(snapshot: Snapshot, fleet: str) -> tuple[Seen | None, Stream | None]:
    """The stream of a fleet, and the server that told of it."""
    last = None
    for seen, facts in snapshot.facts(NatsFacts):
        last = seen
        found = next((one for one in facts.server.streams if one.name == stream_of(fleet)), None)
        if found is not None:
            return seen, found
    return last, None


def backlog_of(stream: Stream, wanted: tuple[str, ...]) -> Backlog:
    there: dict[str, Consumer] = {one.name: one for one in stream.consumers}
    mine = [there[name] for name in wanted if name in there]
    return Backlog(
        waiting=sum(one.pending for one in mine),
        unacknowledged=sum(one.unacknowledged for one in mine),
        redelivered=sum(one.redelivered for one in mine),
        missing=tuple(name for name in wanted if name not in there),
    )
