"""How many keys lie where among the hash slots, as a picture: columns of equal width, coloured by node. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from caching.clients.redis_replies import SLOTS

HEIGHT = 64.0


@dataclass(frozen=True, slots=True)
class Column:
    """In percent from the left, and in units of HEIGHT from the top."""

    x: float
    width: float
    y: float
    height: float
    series: int
    title: str


@dataclass(frozen=True, slots=True)
class SlotKeys:
    """`most` is the tallest part; `uneven` how many times an even share it holds, None without keys."""

    columns: tuple[Column, ...]
    total: int
    most: int
    uneven: float | None
    summary: str


def slot_keys(counted: Sequence[tuple[str, int, Sequence[int]]], slots: int = SLOTS) -> SlotKeys:
    """`counted`: each node's name, colour and keys per part of the slots; all of the same number of parts. `slots` is
    how many slots these nodes have, over which their keys could be even."""
    parts = max((len(keys) for _, _, keys in counted), default=0)
    sums = [sum(keys[part] for _, _, keys in counted) for part in range(parts)]
    most, total = max(sums, default=0), sum(sums)
    uneven = most * parts * slots / SLOTS / total if total else None
    columns = tuple(column for part in range(parts) for column in _part(part, parts, most, counted)) if most else ()
    return SlotKeys(columns, total, most, uneven, _summary(parts, most, total, uneven))


def _part(part: int, parts: int, most: int, counted: Sequence[tuple[str, int, Sequence[int]]]) -> list[Column]:
    """What nodes hold of one part, on top of each other."""
    found, below, width = [], HEIGHT, 100 / parts
    for name, series, keys in counted:
        if keys[part]:
            height = HEIGHT * keys[part] / most
            below -= height
            title = f"{name}: {keys[part]:,} keys in {_slots(part, parts)}"
            found.append(Column(round(part * width, 3), round(width, 3), below, height, series, title))
    return found


def _slots(part: int, parts: int) -> str:
    return f"slots {part * SLOTS // parts} to {(part + 1) * SLOTS // parts - 1}"


def _summary(parts: int, most: int, total: int, uneven: float | None) -> str:
    if uneven is None:
        return "Keys over the hash slots: none is counted."
    each = SLOTS // parts
    return (
        f"{total:,} keys over the hash slots; the fullest {each} slots hold {most:,}, {uneven:.1f} times an even share."
    )
