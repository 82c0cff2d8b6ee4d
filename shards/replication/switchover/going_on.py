"""From the moment that the candidate writes, each pool that leads to it goes on: a thread that asks nobody but them.

It needs neither the control database nor Patroni, and looks every few milliseconds: what it is late, clients wait."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from shards.exceptions import ShardError
from shards.pools.pausing.services import Wanted, resume
from shards.replication.switchover.leading import still_elsewhere
from shards.replication.switchover.places import Places, writes_on

LOOK_SECONDS = 0.01
# How long a pool may take to be re-pointed before its clients are let through to wherever it leads.
REPOINT_SECONDS = 8.0
ASK_SECONDS = 1.0


class GoingOn(threading.Thread):
    """`writes_at` and `resumed_at` in monotonic seconds, None as long as it is not so; `notes` are sentences."""

    def __init__(self, places: Places, wanted: Sequence[Wanted]) -> None:
        super().__init__(name=f"going on with {places.order.shard}", daemon=True)
        self.places, self.wanted = places, wanted
        self.given_up, self.over = threading.Event(), threading.Event()
        self.writes_at: float | None = None
        self.resumed_at: float | None = None
        self.notes: list[str] = []

    def run(self) -> None:
        try:
            if self._until_it_writes():
                self.writes_at = time.monotonic()
                with ThreadPoolExecutor(max(1, len(self.wanted)), "go on") as threads:
                    list(threads.map(self._go_on, self.wanted))
                self.resumed_at = time.monotonic()
        finally:
            self.over.set()

    def stop(self) -> None:
        self.given_up.set()
        self.join(5 * ASK_SECONDS)

    def _until_it_writes(self) -> bool:
        order = self.places.order
        while not self.given_up.wait(LOOK_SECONDS):
            if (writes_on(self.places.candidate, ASK_SECONDS) or 0) > order.timeline:
                return True
        return False

    def _go_on(self, one: Wanted) -> None:
        deadline = time.monotonic() + REPOINT_SECONDS
        missing = "it was not asked"
        while time.monotonic() < deadline and not self.given_up.is_set():
            missing = still_elsewhere(self.places, one.pool, one.database)
            if not missing:
                break
            self.given_up.wait(LOOK_SECONDS)
        if missing:
            self.notes.append(f"{missing.rstrip('.')} after {REPOINT_SECONDS:g} s, and was resumed.")
        try:
            resume(one.pool, one.database)
        except ShardError as problem:
            self.notes.append(f"{one.pool.name} was not resumed: {problem}")
