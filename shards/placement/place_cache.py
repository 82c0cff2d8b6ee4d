"""Places remembered for a while, so that a request does not ask the control database."""

import time
from threading import Lock

from shards.placement.places import Place, PlaceSource


class PlaceCache:
    """When the source cannot be asked, what it said last goes on: the control database's failure stops nobody."""

    def __init__(self, source: PlaceSource, seconds: float) -> None:
        self._source, self._seconds = source, seconds
        self._known: dict[str, tuple[float, Place]] = {}
        self._lock = Lock()

    def get(self, tenant_id: str) -> Place | None:
        with self._lock:
            known = self._known.get(tenant_id)
        if known and known[0] > time.monotonic():
            return known[1]
        return self._ask(tenant_id, known[1] if known else None)

    def forget(self, tenant_id: str) -> None:
        """It is asked for again, but kept for the case that nobody answers."""
        with self._lock:
            if known := self._known.get(tenant_id):
                self._known[tenant_id] = (0.0, known[1])

    def _ask(self, tenant_id: str, last: Place | None) -> Place | None:
        try:
            place = self._source(tenant_id)
        except Exception:  # any source; without an earlier answer its error is the caller's to see
            if last is None:
                raise
            return last
        with self._lock:
            if place is None:
                self._known.pop(tenant_id, None)
            elif last is None or place.epoch >= last.epoch:
                self._known[tenant_id] = (time.monotonic() + self._seconds, place)
        return place
