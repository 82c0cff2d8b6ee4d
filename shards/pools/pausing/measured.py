"""How long pauses took: what the next plan expects rests on it."""

from collections.abc import Sequence
from statistics import median

from novaops.operations.models import Operation
from shards.pools.pausing.models import Ending, PoolPause

LAST = 10


def longest_of(operation: int) -> float | None:
    """Seconds that clients waited for the pool that was paused longest; None when none was."""
    return max(
        (_seconds(one) for one in PoolPause.objects.filter(operation=operation, paused_at__isnull=False)), default=None
    )


def usual_ms(kind: str, pools: Sequence[str]) -> int | None:
    """The median of the last pauses of these pools that operations of a kind made and ended; None before the first."""
    rows = PoolPause.objects.filter(pool__in=pools, ending=Ending.RESUMED, paused_at__isnull=False)
    rows = rows.filter(operation__in=Operation.objects.filter(kind=kind).values("pk"))
    found = [_seconds(one) for one in rows.order_by("-pk")[:LAST]]
    return round(1000 * median(found)) if found else None


def _seconds(one: PoolPause) -> float:
    assert one.paused_at is not None
    return ((one.ended_at or one.ends_at) - one.paused_at).total_seconds()
