"""Hits and misses per family, counted in each process and added up in L1 once a second."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock

HASH = "novaops:cache:families"
# `near` are those hits that a process served from its own memory.
EVENTS = ("hits", "near", "misses", "sets", "errors", "loads", "invalidations")
# What cannot be sent adds up: there are few fields, so it stays small however long L1 is away.
FLUSH_SECONDS = 1.0


class Counters:
    """`send` adds the given increments to the hash and says whether it could; what it could not is sent later."""

    def __init__(self, send: Callable[[Mapping[str, int]], bool], every: float = FLUSH_SECONDS) -> None:
        self._send, self._every = send, every
        self._waiting: Counter[str] = Counter()
        self._lock = Lock()
        self._due = time.monotonic() + every

    def add(self, family: str, event: str, count: int = 1) -> None:
        with self._lock:
            self._waiting[f"{family}:{event}"] += count
            due = time.monotonic() >= self._due
        if due:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            taken, self._waiting = self._waiting, Counter()
            self._due = time.monotonic() + self._every
        if taken and not self._send(taken):
            self.again(taken)

    def again(self, increments: Mapping[str, int]) -> None:
        """What could not be sent."""
        with self._lock:
            self._waiting.update(increments)
