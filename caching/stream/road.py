"""The part of the way that lies in JetStream: notices go in at one end, consumers take them out at the other."""

from collections.abc import Mapping, Sequence

from caching.clients.jetstream import Delivery, JetStream, Outgoing
from caching.stream import names
from caching.stream.notices import Notice

# Some 70 MB. Beyond that the slots keep what changes.
MOST_WAITING = 200_000
# So many are on their way at once.
AT_ONCE = 500


class Road:
    """Of one fleet, by its slug; for any number of threads. Raises NoAnswer and Refused of caching.exceptions."""

    def __init__(self, fleet: str, jetstream: JetStream) -> None:
        self.fleet, self.jetstream = fleet, jetstream
        self.stream = names.stream_of(fleet)

    def build(self) -> str:
        """Makes what is missing; returns what tells this stream and its consumers from any that are made later."""
        return self.jetstream.ensure(self.stream, names.whole(self.fleet), names.consumers(self.fleet), MOST_WAITING)

    def publish(self, notices: Sequence[Notice]) -> None:
        """Returns when all are stored, in this order."""
        for first in range(0, len(notices), AT_ONCE):
            self.jetstream.publish([self._outgoing(one) for one in notices[first : first + AT_ONCE]])

    def fetch(self, consumer: str, most: int, wait: float) -> list[Delivery]:
        return self.jetstream.fetch(self.stream, consumer, most, wait)

    def born(self) -> str:
        return self.jetstream.born(self.stream)

    def last(self) -> dict[int, int]:
        """By lane the newest notice that somebody has not acknowledged yet; 0 where there is none."""
        return {
            lane: self.jetstream.last_sequence(self.stream, names.of_lane(self.fleet, lane))
            for lane in range(names.LANES)
        }

    def delivered(self, last: Mapping[int, int]) -> bool:
        """Whether both tiers have forgotten all that `last` had told of."""
        return all(self._acknowledged(lane) >= sequence for lane, sequence in last.items() if sequence)

    def last_for(self, consumer: str) -> int:
        """The newest notice for a consumer that somebody has not acknowledged yet; 0 when there is none."""
        return self.jetstream.last_sequence(self.stream, names.consumers(self.fleet)[consumer])

    def overlooks(self, consumer: str, sequence: int) -> bool:
        """Whether JetStream keeps a notice from a consumer; from now on perhaps no more."""
        return sequence > 0 and self.jetstream.overlooks(self.stream, consumer, sequence)

    def close(self) -> None:
        self.jetstream.close()

    def _acknowledged(self, lane: int) -> int:
        return self.jetstream.acknowledged(self.stream, names.invalidator_of(lane))

    def _outgoing(self, notice: Notice) -> Outgoing:
        return Outgoing(names.subject_of(self.fleet, notice.shard, notice.tenant), notice.id, notice.pack())
