"""What a process keeps, and what each kept entry rests on. Its users lock it; reading `entries` alone needs no lock."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Name = tuple[str, str, str]
"""Family, tenant and key."""


@dataclass(slots=True)
class Kept:
    """`payload` is opened for each reader, so that none changes what another gets. `until`: by the monotonic clock.
    Readers count themselves in `reads`, without a lock: it is for looking, not for accounting."""

    payload: bytes
    load: Callable[[bytes], Any]
    until: float
    rests_on: tuple[str, ...]
    reads: int = 0


class Store:
    """At most `most` entries: the one that was kept first goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.entries: dict[Name, Kept] = {}
        self._resting: dict[str, set[Name]] = {}
        self._read: Counter[Name] = Counter()  # entries that are gone

    def keep(self, name: Name, kept: Kept) -> None:
        self.drop(name)
        if len(self.entries) >= self._most:
            self.drop(next(iter(self.entries)))
        self.entries[name] = kept
        for key in kept.rests_on:
            self._resting.setdefault(key, set()).add(name)

    def drop(self, name: Name) -> None:
        kept = self.entries.pop(name, None)
        if kept is not None:
            self._count(name, kept)
        for key in kept.rests_on if kept else ():
            names = self._resting[key]
            names.discard(name)
            if not names:
                del self._resting[key]

    def changed(self, keys: Iterable[str]) -> None:
        """Drop all that rests on these keys of Redis."""
        for key in keys:
            for name in list(self._resting.get(key, ())):
                self.drop(name)

    def clear(self) -> None:
        for name, kept in self.entries.items():
            self._count(name, kept)
        self.entries.clear()  # in place, as readers know it
        self._resting.clear()

    def reads(self) -> Counter[Name]:
        """How often each entry was read since this was asked last."""
        for name, kept in self.entries.items():
            self._count(name, kept)
        found, self._read = self._read, Counter()
        return found

    def _count(self, name: Name, kept: Kept) -> None:
        if kept.reads:
            self._read[name] += kept.reads
            kept.reads = 0
