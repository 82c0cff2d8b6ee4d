"""How fast a flush goes: slices short enough for others not to notice, rests between them, keys per second at most."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from pydantic import BaseModel, ConfigDict

# No slice is meant to hold its node longer than `MOST_MS`; each manner aims for much less, as a key may be slow to
# unlink.
MOST_MS = 5.0
LEAST_COUNT, FIRST_COUNT, MOST_COUNT = 5, 50, 2_000
# One slice that took unusually long says little: the machine may have done something else meanwhile.
REMEMBERED = 0.2
LONGEST_REST = 0.05


@dataclass(frozen=True, slots=True)
class Manner:
    """How long slices are meant to be, which is what another client waits, and the share of a primary's time."""

    aim_ms: float
    share: float


MannerName = Literal["gentle", "normal", "fast"]
MANNERS: Mapping[MannerName, Manner] = {
    "gentle": Manner(0.1, 0.1),
    "normal": Manner(0.15, 0.5),
    "fast": Manner(0.7, 1.0),
}


class Pace(BaseModel):
    """`keys_per_second` over all primaries; `limit` ends it."""

    model_config = ConfigDict(frozen=True)

    manner: MannerName = "normal"
    keys_per_second: int | None = None
    limit: int | None = None

    @property
    def aim_ms(self) -> float:
        return MANNERS[self.manner].aim_ms

    @property
    def share(self) -> float:
        return MANNERS[self.manner].share

    @property
    def words(self) -> str:
        """“slices of 0.15 ms, resting 50 % of the time, at most 5,000 keys/s, at most 100,000 keys”"""
        found = [f"slices of {self.aim_ms:g} ms"]
        found += [f"resting {1 - self.share:.0%} of the time"] if self.share < 1 else []
        found += [f"at most {self.keys_per_second:,} keys/s"] if self.keys_per_second else []
        return ", ".join(found + ([f"at most {self.limit:,} keys"] if self.limit is not None else []))


@dataclass
class Slicing:
    """One walk's COUNT, adapted to what its slices took."""

    aim_ms: float
    count: int = FIRST_COUNT
    _ms_each: float = 0.0

    def took(self, count: int, ms: float) -> None:
        """A slice far over its aim halves the next one at once; others move it slowly."""
        each = ms / count
        self._ms_each = each if not self._ms_each else self._ms_each * (1 - REMEMBERED) + each * REMEMBERED
        wanted = self.aim_ms / self._ms_each if self._ms_each > 0 else MOST_COUNT
        if ms > MOST_MS:
            wanted = min(wanted, count / 2)
        self.count = round(max(LEAST_COUNT, min(MOST_COUNT, wanted, count * 2)))


@dataclass
class Metronome:
    """What all walks of a flush share: the keys that may still be unlinked, and when."""

    pace: Pace
    taken: int = 0
    done: int = 0
    _free_at: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    @property
    def ended(self) -> bool:
        return self.pace.limit is not None and self.done >= self.pace.limit

    def reserve(self, wanted: int) -> int:
        """How many of so many keys may be unlinked now: 0 while others have all that is left. `used` gives back what
        was not needed."""
        with self._lock:
            left = wanted if self.pace.limit is None else min(wanted, self.pace.limit - self.taken)
            self.taken += left
            return left

    def used(self, reserved: int, unlinked: int) -> None:
        with self._lock:
            self.taken -= reserved - unlinked
            self.done += unlinked

    def rest_after(self, worked: float, unlinked: int) -> float:
        """Seconds to rest after a slice that held its node for `worked` seconds."""
        by_share = min(worked * (1 / self.pace.share - 1), LONGEST_REST)
        if not self.pace.keys_per_second:
            return by_share
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + unlinked / self.pace.keys_per_second
            return max(by_share, self._free_at - now)
