"""When the change stream has delivered: what was acknowledged before a position of the WAL, once the slot has confirmed
that position and every consumer that invalidates has acknowledged what JetStream had by then."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psycopg

from caching.exceptions import CacheError
from caching.stream.names import slot_of
from caching.stream.road import Road
from tests.caching.coherence.history import Delivered
from tests.caching.coherence.places import Places

ROUND_SECONDS = 15.0
POLL_SECONDS = 0.05
MARK = "SELECT (pg_current_wal_lsn() - '0/0')::bigint FROM pg_logical_emit_message(true, 'novaops proof', '')"
CONFIRMED = "SELECT (confirmed_flush_lsn - '0/0')::bigint FROM pg_replication_slots WHERE slot_name = %s"


@dataclass
class Delivery:
    """Round after round; `found` grows. `reached` says of a position whether the reader has it, where the slot alone
    does not: one that begins anew moves its slot on before everything is old."""

    places: Places
    fleet: str
    acknowledged: Callable[[], Mapping[str, int]]
    slot: str = ""
    reached: Callable[[int], bool] = lambda position: True
    found: list[Delivered] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._rounds, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join(2 * ROUND_SECONDS)

    def _rounds(self) -> None:
        road = Road(self.fleet, self.places.jetstream())
        while not self._stop.is_set():
            try:
                self.round(road)
            except (psycopg.Error, CacheError, TimeoutError):
                time.sleep(0.3)  # a server is down: what was begun is not known to be delivered
        road.close()

    def round(self, road: Road) -> None:
        """One delivery, or TimeoutError."""
        deadline = time.monotonic() + ROUND_SECONDS
        with self.places.leader() as leader:
            numbers = dict(self.acknowledged())
            leader.execute("SELECT 1")
            position = _number(leader, MARK)
            while _number(leader, CONFIRMED, self.slot or slot_of(self.fleet)) < position:
                _wait(deadline)
        while not self.reached(position):
            _wait(deadline)
        last = road.last()
        while not road.delivered(last):
            _wait(deadline)
        self.found.append(Delivered(time.monotonic(), numbers))


def _number(leader: psycopg.Connection[tuple[object, ...]], statement: str, *values: str) -> int:
    row = leader.execute(statement.encode(), values).fetchone()
    return int(str(row[0])) if row and row[0] is not None else -1


def _wait(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError("It was not delivered in time.")
    time.sleep(POLL_SECONDS)
