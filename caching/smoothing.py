"""Counters as lines of few points, whatever the time: rates between neighbours first, then their means. Pure."""

from metrics.rates import per_second
from metrics.series import Series, thinned


def smooth_rate(counter: Series, most: int) -> Series:
    """Growth per second, at most so many points."""
    return thinned(per_second(counter), most)


def smooth_ratio(hits: Series, misses: Series, most: int) -> Series:
    """Hits per read, 0 to 1, at most so many points; None where nothing was read."""
    hit, missed = smooth_rate(hits, most), smooth_rate(misses, most)
    pairs = zip(hit.values, missed.values, strict=True)
    return Series("ratio", hit.times, tuple(_share(one, other) for one, other in pairs))


def _share(hit: float | None, miss: float | None) -> float | None:
    return hit / (hit + miss) if hit is not None and miss is not None and hit + miss > 0 else None
