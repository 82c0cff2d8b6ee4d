"""What a process keeps, and what each kept entry rests on. Its users lock it; reading `entries` alone needs no lock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Name = tuple[str, str, str]
"""Family, tenant and key."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`payload` is opened for each reader, so that none changes what another gets. `until`: by the monotonic clock."""

    payload: bytes
    load: Callable[[bytes], Any]
    until: float
    rests_on: tuple[str, ...]


class Store:
    """At most `most` entries: the one that was kept first goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.entries: dict[Name, Kept] = {}
        self._resting: dict[str, set[Name]] = {}

    def keep(self, name: Name, kept: Kept) -> None:
        self.drop(name)
        if len(self.entries) >= self._most:
            self.drop(next(iter(self.entries)))
        self.entries[name] = kept
        for key in kept.rests_on:
            self._resting.setdefault(key, set()).add(name)

    def drop(self, name: Name) -> None:
        kept = self.entries.pop(name, None)
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
        self.entries.clear()  # in place, as readers know it
        self._resting.clear()
