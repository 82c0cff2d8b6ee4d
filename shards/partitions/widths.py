"""How wide a table's partitions are, found out from those that exist, so that the next ones continue them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shards.partitions.keys import Position

_LOOKED_AT = 6


@dataclass(frozen=True, slots=True)
class Width:
    """Exactly one of them is not zero: whole months, whole days, seconds, or units of a plain number."""

    months: int = 0
    days: int = 0
    seconds: int = 0
    units: int = 0

    def __str__(self) -> str:
        if self.months:
            return {1: "1 month", 3: "1 quarter", 12: "1 year"}.get(self.months, f"{self.months} months")
        if self.days:
            return {1: "1 day", 7: "1 week"}.get(self.days, f"{self.days} days")
        if self.seconds:
            hours, rest = divmod(self.seconds, 3600)
            return f"{self.seconds} s" if rest else "1 hour" if hours == 1 else f"{hours} hours"
        return f"{self.units:,} values"

    def after(self, start: Position) -> Position:
        """Where a partition that begins at `start` ends."""
        if not isinstance(start, datetime):
            return start + self.units
        if self.months:
            month = start.year * 12 + start.month - 1 + self.months
            return start.replace(year=month // 12, month=month % 12 + 1)
        # Whole days keep their wall-clock midnight over a change of daylight saving; seconds are seconds.
        if self.days:
            return start + timedelta(days=self.days)
        return datetime.fromtimestamp(start.timestamp() + self.seconds, start.tzinfo)


def _midnight(moment: datetime) -> bool:
    return (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)


def between(lower: Position, upper: Position) -> Width:
    if isinstance(lower, datetime) and isinstance(upper, datetime):
        return _of_time(lower, upper)
    if isinstance(lower, int) and isinstance(upper, int):
        return Width(units=upper - lower)
    raise TypeError("Both ends of a partition are of one form.")


def _of_time(lower: datetime, upper: datetime) -> Width:
    whole = _midnight(lower) and _midnight(upper)
    if whole and lower.day == upper.day == 1:
        return Width(months=(upper.year - lower.year) * 12 + upper.month - lower.month)
    if whole:
        return Width(days=(upper.date() - lower.date()).days)
    return Width(seconds=round(upper.timestamp() - lower.timestamp()))


def usual(ranges: Sequence[tuple[Position, Position]]) -> Width | None:
    """The width of most of the last partitions; of the very last where none is the most. None when there is none."""
    widths = [between(lower, upper) for lower, upper in sorted(ranges)[-_LOOKED_AT:]]
    if not widths:
        return None
    counts = Counter(widths).most_common(2)
    tied = len(counts) == 2 and counts[0][1] == counts[1][1]
    return widths[-1] if tied else counts[0][0]
