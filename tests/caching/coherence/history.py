"""What happened, and whether it may have happened. Pure; times are of the machine's monotonic clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Read:
    """`number` is None where the read failed."""

    process: int
    vm: str
    started: float
    ended: float
    number: int | None
    cached: bool = True


@dataclass(frozen=True, slots=True)
class Delivered:
    """From `at` on, no read of a VM may be older than its number here."""

    at: float
    numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Stale:
    read: Read
    wanted: int

    def __str__(self) -> str:
        one = self.read
        late = f"process {one.process} read {one.number} of {one.vm} at {one.started:.3f}"
        return f"{late}, where {self.wanted} had been acknowledged and delivered."


def stale(reads: Iterable[Read], deliveries: Sequence[Delivered]) -> list[Stale]:
    """Reads that began after something had been delivered, and were older."""
    found, index = [], -1
    ordered = sorted(deliveries, key=lambda one: one.at)
    for read in sorted(reads, key=lambda one: one.started):
        while index + 1 < len(ordered) and ordered[index + 1].at <= read.started:
            index += 1
        if index < 0 or read.number is None:
            continue
        wanted = ordered[index].numbers.get(read.vm, 0)
        if read.number < wanted:
            found.append(Stale(read, wanted))
    return found
