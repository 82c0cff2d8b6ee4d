"""What a table's partitions cover: gaps, the end of what is covered from now on, skew. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from shards.partitions.facts import Gap, Partition
from shards.partitions.keys import Position


@dataclass(frozen=True, slots=True)
class Span:
    """A range partition along the key; None is an open end."""

    lower: Position | None
    upper: Position | None
    partition: Partition


def in_order(spans: Sequence[Span]) -> list[Span]:
    """By where they begin; an open beginning comes first."""
    opened = [span for span in spans if span.lower is None]
    return opened + sorted((span for span in spans if span.lower is not None), key=_lower)


def gaps(spans: Sequence[Span]) -> tuple[Gap, ...]:
    """Between neighbours; not before the first or after the last."""
    found = []
    ordered = in_order(spans)
    for one, following in pairwise(ordered):
        if one.upper is not None and following.lower is not None and one.upper != following.lower:
            before, after = one.partition, following.partition
            found.append(Gap(lower=before.upper, upper=after.lower, after=before.name, before=after.name))
    return tuple(found)


def covered_until(spans: Sequence[Span], now: Position) -> Position | None:
    """Where the unbroken run of partitions that holds `now` ends; `now` when none holds it, None when endless."""
    end = now
    for span in in_order(spans):
        if span.lower is not None and _later(span.lower, end):
            break
        if span.upper is None:
            return None
        if _later(span.upper, end):
            end = span.upper
    return end


def skew(partitions: Sequence[Partition]) -> float | None:
    """How many times larger the largest is than the middle one, of those that hold rows; None below three."""
    sizes = [one.bytes for one in partitions if one.rows > 0 and not one.default]
    return max(sizes) / median(sizes) if len(sizes) >= 3 else None


def past(partitions: Sequence[Partition], oldest: datetime) -> tuple[str, ...]:
    """The names of those that ended before `oldest`."""
    return tuple(one.name for one in partitions if one.ends is not None and one.ends <= oldest)


def _lower(span: Span) -> float:
    return _number(span.lower) if span.lower is not None else float("-inf")


def _later(one: Position, other: Position) -> bool:
    return _number(one) > _number(other)


def _number(where: Position) -> float:
    return where.timestamp() if isinstance(where, datetime) else float(where)
