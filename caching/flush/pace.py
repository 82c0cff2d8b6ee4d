"""How fast a flush goes: slices short enough for others not to notice, rests between them, keys per second at most."""

import time
from dataclasses import dataclass, field
from threading import Lock

from pydantic import BaseModel, ConfigDict, Field

# No slice is meant to hold its node longer than `MOST_MS`; it aims for much less, as a key may be slow to unlink.
MOST_MS = 5.0
AIM_MS = 0.7
LEAST_COUNT, FIRST_COUNT, MOST_COUNT = 10, 100, 2_000
# One slice that took unusually long says little: the machine may have done something else meanwhile.
REMEMBERED = 0.2
LONGEST_REST = 0.05


class Pace(BaseModel):
    """`share` of a primary's time that the flush may take; `keys_per_second` over all primaries; `limit` ends it."""

    model_config = ConfigDict(frozen=True)

    share: float = Field(default=0.5, gt=0, le=1)
    keys_per_second: int | None = None
    limit: int | None = None

    @property
    def words(self) -> str:
        """“resting 40 % of the time, at most 5,000 keys/s, at most 100,000 keys”"""
        found = [f"resting {1 - self.share:.0%} of the time"] if self.share < 1 else []
        found += [f"at most {self.keys_per_second:,} keys/s"] if self.keys_per_second else []
        return ", ".join(found + ([f"at most {self.limit:,} keys"] if self.limit is not None else []))


@dataclass
class Slicing:
    """One walk's COUNT, adapted to what its slices took."""

    count: int = FIRST_COUNT
    _ms_each: float = 0.0

    def took(self, count: int, ms: float) -> None:
        """A slice far over its aim halves the next one at once; others move it slowly."""
        each = ms / count
        self._ms_each = each if not self._ms_each else self._ms_each * (1 - REMEMBERED) + each * REMEMBERED
        wanted = AIM_MS / self._ms_each if self._ms_each > 0 else MOST_COUNT
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
    _turns: dict[str, Lock] = field(default_factory=dict)

    def turn(self, host: str) -> Lock:
        """Primaries of one machine take turns, so that its cores are left to others."""
        with self._lock:
            return self._turns.setdefault(host, Lock())

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
