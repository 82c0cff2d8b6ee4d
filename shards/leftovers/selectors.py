"""What pages read of leftovers: stored and judged, with when they were first seen. Asks no server."""

from collections.abc import Iterable

from metrics.contract import Snapshot
from novaops.operations.choices import ACTIVE
from novaops.operations.models import OperationLock
from shards.leftovers.control import control_leftovers
from shards.leftovers.leftover import Leftover
from shards.leftovers.models import SeenLeftover
from shards.leftovers.pools import paused_pools


def stored(snapshot: Snapshot) -> tuple[Leftover, ...]:
    """Everything that is known to be left behind in the fleet, the worst first."""
    shards = {shard.name for shard in snapshot.shards}
    seen = [_read(row) for row in SeenLeftover.objects.filter(shard__in=shards)]
    pools = paused_pools(snapshot, held_locks())
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


def held_locks() -> frozenset[str]:
    """Of operations that are not over."""
    held = OperationLock.objects.filter(operation__status__in=ACTIVE).values_list("scope", "name")
    return frozenset(f"{scope}:{name}" for scope, name in held)


def _read(row: SeenLeftover) -> Leftover:
    return Leftover.model_validate(row.facts | {"first_seen": row.first_seen_at})
