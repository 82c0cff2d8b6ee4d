"""When a freeze is on: once, or every seven days by the clock of its time zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Span:
    """From `starts` on, and before `ends`; both UTC."""

    starts: datetime
    ends: datetime

    def covers(self, moment: datetime) -> bool:
        return self.starts <= moment < self.ends


def span_at(first: Span, weekly: bool, zone: ZoneInfo, moment: datetime) -> Span | None:
    """The span that the moment lies in; None when it lies in none."""
    if not weekly:
        return first if first.covers(moment) else None
    weeks = (moment - first.starts) // WEEK
    # An hour more or less of summer time can put the moment into a neighbour of the week that was counted.
    near = (week_of(first, zone, number) for number in range(max(0, weeks - 1), max(0, weeks + 2)))
    return next((span for span in near if span.covers(moment)), None)


def next_span(first: Span, weekly: bool, zone: ZoneInfo, moment: datetime) -> Span | None:
    """The span that is on or comes next; None when the last one is over."""
    if not weekly:
        return first if moment < first.ends else None
    weeks = max(0, (moment - first.starts) // WEEK - 1)
    return next(span for number in range(weeks, weeks + 4) if moment < (span := week_of(first, zone, number)).ends)


def week_of(first: Span, zone: ZoneInfo, number: int) -> Span:
    """The span so many weeks after the first one, at the same time on the wall. Where the clock shows a time twice, or
    never, the longer span counts."""
    starts = _moments(first.starts, zone, number)
    ends = _moments(first.ends, zone, number)
    return Span(min(starts), max(ends))


def _moments(moment: datetime, zone: ZoneInfo, weeks: int) -> list[datetime]:
    wall = moment.astimezone(zone).replace(tzinfo=None) + weeks * WEEK
    return [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
