"""How long writes took and paused, by what the clients kept."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.moves.ledger.clients import Write


@dataclass(frozen=True, slots=True)
class Latencies:
    """In milliseconds."""

    writes: int
    p50: float
    p95: float
    p99: float
    most: float

    def __str__(self) -> str:
        return (
            f"{self.writes} writes, p50 {self.p50:.1f}, p95 {self.p95:.1f}, p99 {self.p99:.1f}, max {self.most:.1f} ms"
        )


@dataclass(frozen=True, slots=True)
class Pause:
    """In milliseconds. `gap`: from the last acknowledgement of the old shard to the first of the new one, None without
    a cutover; `longest_gap`: between any two acknowledgements one after the other. `at`: when the new shard
    acknowledged first, on time.monotonic. `slowest`: of the writes that had begun by then and ended on the new shard,
    which are those that waited."""

    gap: float | None
    longest_gap: float
    at: float | None
    slowest: float


def latencies(writes: Iterable[Write], since: float = -math.inf, until: float = math.inf) -> Latencies:
    """Of the writes that ended within these times."""
    took = sorted(write.milliseconds for write in writes if since <= write.ended <= until)
    if not took:
        return Latencies(0, math.nan, math.nan, math.nan, math.nan)
    return Latencies(len(took), *(_part(took, part) for part in (0.5, 0.95, 0.99, 1.0)))


def measure_pause(writes: Sequence[Write]) -> Pause:
    """Around the last change of epoch."""
    ended = sorted(write.ended for write in writes)
    longest = max((after - before for before, after in pairwise(ended)), default=0.0) * 1000
    newest = max((write.epoch for write in writes), default=0)
    old = [write for write in writes if write.epoch < newest]
    if not old:
        return Pause(None, longest, None, max((write.milliseconds for write in writes), default=0.0))
    last = max(write.ended for write in old)
    new = [write for write in writes if write.epoch == newest]
    first = min(write.ended for write in new)
    waited = [write.milliseconds for write in new if write.began <= first]
    return Pause((first - last) * 1000, longest, first, max(waited, default=0.0))


def _part(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)]
