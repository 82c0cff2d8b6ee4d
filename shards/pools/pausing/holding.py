"""What a guard holds in memory: pauses with their pools' addresses and logins, so that their end needs nobody else."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from novaops.inventory.targets import Target
from shards.exceptions import ShardError
from shards.pools.pausing.services import resume

logger = logging.getLogger(__name__)
LOOK_SECONDS = 0.1
AGAIN_SECONDS = 1.0
# Where nobody said that the pool came to rest, a worker that froze may still send PAUSE: looked after so much longer.
LATE_SECONDS = 30.0
Key = tuple[str, int]


@dataclass
class Held:
    """One pause of one fleet. `until` in this process's monotonic seconds; `at_rest` once its worker said so."""

    schema: str
    pk: int
    pool: Target
    database: str
    until: float
    resumed: bool = False
    at_rest: bool = False
    _trying: threading.Thread | None = None
    _not_before: float = 0.0

    def due(self, now: float) -> bool:
        trying = self._trying is not None and self._trying.is_alive()
        return not self.resumed and not trying and now >= max(self.until, self._not_before)

    def resume(self) -> None:
        """In a thread of its own: a pool that does not answer holds up no other."""
        self._not_before = time.monotonic() + AGAIN_SECONDS
        self._trying = threading.Thread(target=self._try, name=f"resume {self.pool.name}", daemon=True)
        self._trying.start()

    def _try(self) -> None:
        try:
            was_paused = resume(self.pool, self.database)
        except ShardError as problem:
            logger.warning("%s of %s is not resumed yet: %s", self.database, self.pool.name, problem)
            return
        if not (was_paused or self.at_rest or time.monotonic() > self.until + LATE_SECONDS):
            return
        said = "was resumed at the end of its pause" if was_paused else "was not paused at the end of its pause"
        logger.warning("%s of %s %s", self.database, self.pool.name, said)
        self.resumed = True


@dataclass
class Memory:
    """All pauses that this process knows. `watch` runs in a thread of its own, and asks nobody but the pools."""

    held: dict[Key, Held] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, one: Held) -> None:
        with self._lock:
            self.held.setdefault((one.schema, one.pk), one)

    def knows(self, schema: str, pk: int) -> bool:
        with self._lock:
            return (schema, pk) in self.held

    def of(self, schema: str) -> list[Held]:
        with self._lock:
            return [one for one in self.held.values() if one.schema == schema]

    def forget(self, one: Held) -> None:
        with self._lock:
            self.held.pop((one.schema, one.pk), None)

    def watch(self, stop: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
        while not stop.wait(LOOK_SECONDS):
            self.look(clock())

    def look(self, now: float) -> None:
        with self._lock:
            due = [one for one in self.held.values() if one.due(now)]
        for one in due:
            one.resume()
