"""Places remembered for a while, so that a request does not ask the control database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock

from shards.placement.places import Place


@dataclass(frozen=True, slots=True)
class Known:
    """`trusted` until the shard itself has said that it is wrong."""

    place: Place
    until: float
    trusted: bool = True


@dataclass
class Answer:
    """Of the source; whoever asks puts it in, and finds here afterwards what holds."""

    place: Place | None = None


class PlaceCache:
    """For any number of threads. The newest epoch holds, whoever told it: a shard that a tenant has left knows its new
    place before the source does. When the source cannot be asked, what is known goes on: the control database's failure
    stops nobody."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[str, Known] = {}
        self._lock = Lock()

    def get(self, tenant_id: str) -> Place | None:
        """None when the source is to be asked."""
        known = self._known.get(tenant_id)
        return known.place if known and known.until > time.monotonic() else None

    @contextmanager
    def asking(self, tenant_id: str) -> Iterator[Answer]:
        """The source is asked inside; its error is the caller's only when nothing is known."""
        answer = Answer()
        try:
            yield answer
        except Exception:  # any source
            known = self._known.get(tenant_id)
            if known is None:
                raise
            answer.place = known.place
        else:
            answer.place = self._take(tenant_id, answer.place)

    def learn(self, tenant_id: str, shard: str, epoch: int) -> None:
        """The tenant has moved. What is older than what is known is passed over; and so is a tenant that is not known,
        which is asked for when it is needed."""
        with self._lock:
            known = self._known.get(tenant_id)
            if known and epoch > known.place.epoch:
                place = replace(known.place, shard=shard, epoch=epoch, shard_state="active")
                self._known[tenant_id] = Known(place, time.monotonic() + self._seconds)

    def knows_newer(self, place: Place) -> bool:
        known = self._known.get(place.tenant_id)
        return known is not None and known.place.epoch > place.epoch

    def forget(self, tenant_id: str) -> None:
        """It is asked for again, but kept for the case that nobody answers."""
        with self._lock:
            if known := self._known.get(tenant_id):
                self._known[tenant_id] = replace(known, until=0.0)

    def distrust(self, place: Place) -> None:
        """Its shard refuses it and knows no better one: what the source says next holds, whatever its epoch."""
        with self._lock:
            known = self._known.get(place.tenant_id)
            if known and known.place.epoch == place.epoch:
                self._known[place.tenant_id] = replace(known, until=0.0, trusted=False)

    def _take(self, tenant_id: str, told: Place | None) -> Place | None:
        with self._lock:
            known = self._known.get(tenant_id)
            if told is None:
                self._known.pop(tenant_id, None)
                return None
            holds = told if known is None or not known.trusted or told.epoch >= known.place.epoch else known.place
            self._known[tenant_id] = Known(holds, time.monotonic() + self._seconds)
            return holds
