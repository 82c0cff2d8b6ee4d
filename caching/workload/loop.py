"""Keeps a steady rate of requests going until it is told to stop."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Event, Lock, Thread

from caching.workload.complaints import Complaints
from caching.workload.users import Customers, Users

logger = logging.getLogger("novaops.workload")
THREADS = 4
REFRESH_SECONDS = 60.0
STOP_SECONDS = 3.0


@dataclass
class Tally:
    """What happened since the last report."""

    done: int = 0
    failed: int = 0
    lock: Lock = field(default_factory=Lock)

    def add(self, failed: bool) -> None:
        with self.lock:
            self.done += 1
            self.failed += failed

    def take(self) -> tuple[int, int]:
        with self.lock:
            done, failed = self.done, self.failed
            self.done = self.failed = 0
        return done, failed


class Loop:
    """`customers` is asked again every minute, so that new tenants come in."""

    def __init__(self, users: Users, customers: Callable[[], Customers], rate: float) -> None:
        self._users, self._customers, self._pause = users, customers, THREADS / rate
        self._stopped, self._tally, self._complaints = Event(), Tally(), Complaints()
        self._current = customers()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        """Until `stop`."""
        threads = [Thread(target=self._work, args=(number,), daemon=True) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        while not self._stopped.wait(REFRESH_SECONDS):
            self._report()
            self._refresh()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self, number: int) -> None:
        random = Random()  # noqa: S311 (which customer comes next)
        due = time.monotonic() + number * self._pause / THREADS
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            # After a stall it goes on at the same rate instead of making up for it.
            due = max(due + self._pause, time.monotonic())
            self._request(random)

    def _request(self, random: Random) -> None:
        failed = False
        try:
            if self._current.tenants:
                self._users.request(self._current, random)
        except Exception as error:  # the edge: whatever fails, the next request is made
            failed = True
            reason = (str(error).strip() or repr(error)).splitlines()[0]
            self._complaints.say(type(error).__name__, f"A request failed: {type(error).__name__}: {reason}")
        self._tally.add(failed)

    def _report(self) -> None:
        done, failed = self._tally.take()
        logger.info("%d requests in the last minute, %d failed.", done, failed)

    def _refresh(self) -> None:
        try:
            self._current = self._customers()
        except Exception as error:  # the control database may be away; the tenants known so far go on
            self._complaints.say("customers", f"The list of tenants could not be read: {error}")
