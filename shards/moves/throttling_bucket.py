"""A rate that can be changed at any moment, kept by any number of threads."""

import time
from collections.abc import Callable
from threading import Condition

BURST_SECONDS = 0.25


class Ended(Exception):
    """Nobody waits any more."""


class Bucket:
    """Bytes a second, over about a quarter of a second. Who takes more than there is has the next ones wait."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._changed = Condition()
        self._rate: float | None = None
        self._open, self._ended = True, False
        self._full_at = 0.0

    def turn(self, rate: float | None, is_open: bool) -> None:
        """`rate` None: as fast as it goes. Not open: who asks for 0 bytes waits. Ends an end."""
        with self._changed:
            if rate != self._rate:
                self._full_at = 0.0
            self._rate, self._open, self._ended = rate, is_open, False
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def rest(self, seconds: float) -> None:
        """Until something is turned, so long at most."""
        with self._changed:
            self._changed.wait(seconds)

    def take(self, size: int) -> None:
        """Waits; Ended when all have to end."""
        with self._changed:
            while not self._ended:
                wait = self.try_to_take(size)
                if wait == 0:
                    return
                self._changed.wait(wait)
        raise Ended

    def try_to_take(self, size: int) -> float | None:
        """Seconds that are to be waited, None until something changes; 0 when the bytes were taken."""
        if size == 0:
            return 0 if self._open else None
        if not self._rate:
            return 0
        now = self._now()
        if self._full_at > now + BURST_SECONDS:
            return self._full_at - now - BURST_SECONDS
        self._full_at = max(self._full_at, now) + size / self._rate
        return 0
