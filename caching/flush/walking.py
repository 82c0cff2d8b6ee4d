"""Unlinking all keys of a pattern on the primaries of one machine: slice by slice, in turn, by the nodes themselves."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from caching.exceptions import CacheError
from caching.flush.pace import Metronome, Pace, Slicing
from caching.flush.slices import NoScripts, Slice, scan_slice, slot_slice
from caching.flush.topology import Primary, moving_slots
from caching.flush.walk import COUNT, Tally, Wanted, batches, node_of, unlink
from novaops.operations.contract import PermanentProblem, TransientProblem

# While other walks have what is left of the limit.
IDLE = 0.01
# So many slots are named to a slice at most: twice as many as the one before was done with.
LEAST_SLOTS, MOST_SLOTS = 4, 64


def unlink_all(
    found: Sequence[Primary], wanted: Wanted, tally: Tally, stop: Event, metronome: Metronome | None = None
) -> None:
    """All of them, until each walk is round, stopped, or has come to the limit. The primaries take turns in one thread,
    so that the machine's other cores are left to others. Raises as `named` does."""
    beat = metronome or Metronome(Pace())
    walks = [_Walk(primary, wanted, tally, stop, beat) for primary in found]
    turns = [_Turn(walk.primary, walk.slices()) for walk in walks]
    while turns and not stop.is_set():
        turn = min(turns, key=lambda one: one.ready_at)
        if (early := turn.ready_at - time.monotonic()) > 0:
            stop.wait(early)
            continue
        with named(turn.primary):
            rest = next(turn.slices, None)
        if rest is None:
            turns.remove(turn)
        else:
            turn.ready_at = time.monotonic() + rest


@contextmanager
def named(primary: Primary) -> Iterator[None]:
    """CacheError as a TransientProblem or a PermanentProblem that names the node."""
    try:
        yield
    except CacheError as problem:
        kind = PermanentProblem if problem.permanent else TransientProblem
        raise kind(f"{primary.target.name}: {problem}") from problem


@dataclass
class _Turn:
    primary: Primary
    slices: Iterator[float]
    ready_at: float = 0.0


@dataclass
class _Walk:
    primary: Primary
    wanted: Wanted
    tally: Tally
    stop: Event
    beat: Metronome
    slicing: Slicing = field(init=False)
    way_ms: float | None = None

    def __post_init__(self) -> None:
        self.slicing = Slicing(self.beat.pace.aim_ms)

    @property
    def on(self) -> bool:
        return not self.stop.is_set() and not self.beat.ended

    def slices(self) -> Iterator[float]:
        """Works one slice at each step, and says how many seconds the node is to rest after it."""
        try:
            yield from self._by_slots() if self.wanted.words else self._by_scan()
        except NoScripts as problem:
            self.tally.no_scripts = (
                f"{self.primary.target.name} carries out no scripts ({problem}), so pipelines did it."
            )
            yield from self._in_pipelines()

    def _by_slots(self) -> Iterator[float]:
        """Slots that hold too much else are left to SCAN."""
        node, slots, crowded = node_of(self.primary), self._slots(), False
        first, reach = 0, MOST_SLOTS
        while first < len(slots) and self.on:

            def work(count: int, most: int) -> Slice:
                nonlocal first, reach, crowded
                made, done, full = slot_slice(node, slots[first : first + reach], self.wanted.words, count, most)
                first, crowded = first + done, crowded or bool(full)
                reach = max(LEAST_SLOTS, min(MOST_SLOTS, 2 * done))
                return made

            yield self._slice(work)
        if crowded:
            yield from self._by_scan()

    def _by_scan(self) -> Iterator[float]:
        node = node_of(self.primary)
        for pattern in self.wanted.patterns:
            cursor, over = 0, False
            while not over and self.on:

                def work(count: int, most: int, pattern: str = pattern) -> Slice:
                    nonlocal cursor, over
                    made, cursor, over = scan_slice(node, cursor, pattern, count, most, self.wanted.kept)
                    return made

                yield self._slice(work)

    def _in_pipelines(self) -> Iterator[float]:
        for pattern in self.wanted.patterns:
            for keys in batches(self.primary, pattern, self.stop):
                yield from self._unlink([key for key in keys if self.wanted.has(key)])
                self.tally.add(looked=COUNT)
                if not self.on:
                    return

    def _slice(self, work: Callable[[int, int], Slice]) -> float:
        """One slice of the present length; how long to rest after it."""
        count = self.slicing.count
        reserved = self.beat.reserve(2 * count)
        if not reserved:
            return IDLE
        started, made = time.monotonic(), None
        try:
            made = work(count, reserved)
        finally:
            self.beat.used(reserved, made.unlinked if made else 0)
        ms = made.ms or self._without_the_way((time.monotonic() - started) * 1000)
        self.tally.add(made.looked, made.unlinked, made.elsewhere, made.refused, ms)
        self.slicing.took(max(1, made.looked), ms)
        return self.beat.rest_after(ms / 1000, made.unlinked)

    def _without_the_way(self, ms: float) -> float:
        """Of a round trip, what the node itself took, where it cannot tell: the way is what a PING takes."""
        if self.way_ms is None:
            self.way_ms = node_of(self.primary).ping_ms(5)
        return max(ms - self.way_ms, 0.01)

    def _unlink(self, keys: list[bytes]) -> Iterator[float]:
        while keys and self.on:
            reserved, started = self.beat.reserve(len(keys)), time.monotonic()
            self.beat.used(reserved, unlink(self.primary, keys[:reserved], self.tally))
            keys = keys[reserved:]
            yield self.beat.rest_after(time.monotonic() - started, reserved) if reserved else IDLE

    def _slots(self) -> list[int]:
        """Its own and those that are coming to it."""
        coming = [moving.slot for moving in moving_slots(self.primary) if moving.importing]
        own = [slot for part in self.primary.ranges for slot in range(part.first, part.last + 1)]
        return [slot for slot in (*own, *coming) if self.wanted.slot in (None, slot)]
