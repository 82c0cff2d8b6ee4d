"""What pages read of leftovers: stored and judged, with when they were first seen. Asks no server."""

from collections.abc import Iterable

from metrics.contract import Snapshot
from shards.leftovers.control import control_leftovers
from shards.leftovers.known import held_locks
from shards.leftovers.leftover import Leftover
from shards.leftovers.models import SeenLeftover
from shards.leftovers.pools import paused_pools
from shards.pools.pausing.records import promised


def stored(snapshot: Snapshot) -> tuple[Leftover, ...]:
    """Everything that is known to be left behind in the fleet, the worst first."""
    shards = {shard.name for shard in snapshot.shards}
    seen = [_read(row) for row in SeenLeftover.objects.filter(shard__in=shards)]
    pools = paused_pools(snapshot, held_locks(), promised())
    return in_order([*seen, *pools, *control_leftovers(snapshot.at)])


def in_order(several: Iterable[Leftover]) -> tuple[Leftover, ...]:
    """The worst first, then what holds the most, then the oldest."""
    return tuple(
        sorted(
            several,
            key=lambda one: (
                -one.severity,
                -(one.wal_bytes or 0),
                one.since.timestamp() if one.since else float("inf"),
                one.key,
            ),
        )
    )


def _read(row: SeenLeftover) -> Leftover:
    return Leftover.model_validate(row.facts | {"first_seen": row.first_seen_at})
