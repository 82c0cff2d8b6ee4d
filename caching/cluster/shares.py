"""Which slots go where: pure arithmetic over who has them now."""

from collections.abc import Mapping, Sequence

from caching.clients.redis_replies import SLOTS


def taken(owned: Sequence[int], count: int) -> tuple[int, ...]:
    """So many of a primary's slots, its highest ones."""
    return tuple(sorted(owned)[-count:]) if count > 0 else ()


def for_newcomer(owned: Mapping[str, Sequence[int]], wanted: int | None = None) -> dict[str, tuple[int, ...]]:
    """What each primary gives up so that a new one has its share, or so many: from whoever has most, by id."""
    left = {node_id: len(slots) for node_id, slots in owned.items()}
    for _ in range(SLOTS // (len(owned) + 1) if wanted is None else wanted):
        richest = max(sorted(left), key=lambda node_id: left[node_id])
        left[richest] -= 1
    return {node_id: taken(slots, len(slots) - left[node_id]) for node_id, slots in sorted(owned.items())}


def among(slots: Sequence[int], owned: Mapping[str, Sequence[int]]) -> dict[str, tuple[int, ...]]:
    """What each of the others gets of a primary's slots that goes: to whoever has least, in ranges."""
    have = {node_id: len(found) for node_id, found in owned.items()}
    for _ in slots:
        poorest = min(sorted(have), key=lambda node_id: have[node_id])
        have[poorest] += 1
    shared, rest = {}, sorted(slots)
    for node_id in sorted(have):
        count = have[node_id] - len(owned[node_id])
        shared[node_id], rest = tuple(rest[:count]), rest[count:]
    return shared


def ranges(slots: Sequence[int]) -> list[list[int]]:
    """[[0, 5], [9, 9]]: as they stand in a plan."""
    found: list[list[int]] = []
    for slot in sorted(slots):
        if found and found[-1][1] == slot - 1:
            found[-1][1] = slot
        else:
            found.append([slot, slot])
    return found


def spread(found: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The opposite."""
    return tuple(slot for first, last in found for slot in range(first, last + 1))
