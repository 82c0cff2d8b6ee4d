"""Which units should leave a shard that carries too much: enough of its load, and as few bytes as can be. Pure.

That is the minimum knapsack cover problem. What loads most per byte goes first, the last one is the smallest that
suffices, and then whatever turned out to be too much is exchanged for less or kept: with many tenants a shard, what is
left above the least possible is less than its smallest tenant."""

from bisect import bisect_left
from collections.abc import Sequence

from shards.rebalancing.units import Unit

EXCHANGES = 200
EPSILON = 1e-12


def cover(candidates: Sequence[Unit], excess: float) -> list[Unit]:
    """Units whose loads add up to `excess` at least, or all of them when that is not enough."""
    if excess <= EPSILON:
        return []
    ordered = sorted(candidates, key=lambda unit: (-_worth(unit), -unit.cost, unit.name))
    chosen, covered = list[Unit](), 0.0
    for unit in ordered:
        if covered >= excess - EPSILON:
            break
        if unit.cost > 0:
            chosen.append(unit)
            covered += unit.cost
    spare = covered - excess
    if spare <= 0:
        return chosen
    return _lighter(*_without_the_needless(chosen, spare), ordered)


def _worth(unit: Unit) -> float:
    """Load per byte; what has load but no bytes costs nothing to move."""
    return unit.cost / unit.bytes if unit.bytes else float("inf") if unit.cost else 0.0


def _without_the_needless(chosen: list[Unit], spare: float) -> tuple[list[Unit], float]:
    kept = []
    for unit in sorted(chosen, key=lambda unit: (-unit.bytes, unit.name)):
        if unit.cost <= spare + EPSILON:
            spare -= unit.cost
        else:
            kept.append(unit)
    return kept, spare


def _lighter(chosen: list[Unit], spare: float, everyone: Sequence[Unit]) -> list[Unit]:
    """Exchanges one that leaves for one that stays, while that saves bytes and what leaves still suffices."""
    leaving = {unit.name for unit in chosen}
    by_cost = sorted((unit for unit in everyone if unit.cost > 0), key=lambda unit: (unit.cost, unit.name))
    costs = [unit.cost for unit in by_cost]
    for _ in range(EXCHANGES):
        best = None
        for unit in chosen:
            least = bisect_left(costs, unit.cost - spare - EPSILON)
            for other in by_cost[least : least + 3]:
                saved = unit.bytes - other.bytes
                if other.name not in leaving and saved > 0 and (best is None or saved > best[0]):
                    best = (saved, unit, other)
        if best is None:
            break
        _, gone, come = best
        chosen = [come if unit is gone else unit for unit in chosen]
        leaving = leaving - {gone.name} | {come.name}
        spare += come.cost - gone.cost
    return chosen
