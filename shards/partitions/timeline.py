"""A table's partitions as a picture along its key: where each lies, gaps, now, and what comes after the last. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from novaops.ui.formats import human_bytes, human_number
from shards.partitions.facts import Partition, PartitionedTable

DRAWN_MOST = 400
LANE = 34  # pixels
# Ticks nearer than this to "now" (percent) would be written over it.
_NEAR = 3.5
_CROWDED = 14.0  # the same on a narrow screen
# How much of the width is left for what comes after the last partition.
AFTER = 0.07
_LEAST_HEIGHT = 0.14


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: x and width in percent of the width, `height` 0 to 1 by size; `look`: past, now, ahead, old."""

    x: float
    width: float
    height: float
    look: str
    title: str

    @property
    def inset(self) -> float:
        """The width with a hair's breadth left to the next bar."""
        return max(self.width - 0.12, self.width * 0.7)

    @property
    def filled(self) -> int:
        return round(self.height * LANE)

    @property
    def top(self) -> int:
        return LANE - self.filled


@dataclass(frozen=True, slots=True)
class Tick:
    """`css` is is-minor for one that a narrow screen can do without."""

    x: float
    label: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    bars: tuple[Bar, ...] = ()
    gaps: tuple[Bar, ...] = ()
    now: float | None = None
    after: Bar | None = None
    ticks: tuple[Tick, ...] = ()
    left_out: int = 0
    summary: str = ""


@dataclass(frozen=True, slots=True)
class _Scale:
    begin: float
    end: float

    def at(self, where: float) -> float:
        return 100 * (where - self.begin) / (self.end - self.begin)

    def bar(self, lower: float, upper: float, height: float, look: str, title: str) -> Bar:
        begin, end = max(lower, self.begin), min(upper, self.end)
        return Bar(round(self.at(begin), 3), round(self.at(end) - self.at(begin), 3), height, look, title)


def timeline(table: PartitionedTable, now: datetime) -> Timeline:
    """Of a table whose key is a time; others have cells of one width, in their order."""
    placed = [one for one in table.partitions if one.begins and one.ends]
    return _along_time(table, placed, now) if placed else _cells(table)


def _along_time(table: PartitionedTable, placed: list[Partition], now: datetime) -> Timeline:
    shown = sorted(placed, key=_begin)[-DRAWN_MOST:]
    first, last = _begin(shown[0]), _end(max(shown, key=_end))
    scale = _Scale(first, last + (max(last, now.timestamp()) - first) * AFTER + max(0.0, now.timestamp() - last))
    largest = max((one.bytes for one in shown), default=0)
    here = now.timestamp()
    return Timeline(
        bars=tuple(
            scale.bar(_begin(one), _end(one), _height(one, largest), _look(one, table, here), _title(one))
            for one in shown
        ),
        gaps=tuple(_gaps(scale, shown)),
        now=round(scale.at(here), 3) if scale.begin <= here <= scale.end else None,
        after=_after(scale, table, last),
        ticks=_ticks(scale, scale.at(here)),
        left_out=len(placed) - len(shown),
        summary=_summary(table, shown),
    )


def _cells(table: PartitionedTable) -> Timeline:
    """Lists, hashes and plain numbers: one cell each, filled by size."""
    shown = [one for one in table.partitions if not one.default][-DRAWN_MOST:]
    if not shown:
        return Timeline(summary=f"{table.full_name} has no partitions.")
    largest = max(one.bytes for one in shown)
    width = 100 / len(shown)
    bars = tuple(
        Bar(round(index * width, 3), round(width, 3), _height(one, largest), "past", _title(one))
        for index, one in enumerate(shown)
    )
    return Timeline(bars=bars, summary=f"{table.full_name}: {len(shown)} partitions by {table.strategy}.")


def _gaps(scale: _Scale, shown: Sequence[Partition]) -> list[Bar]:
    found, end = [], _end(shown[0])
    for one in shown:
        if _begin(one) > end:
            words = f"Gap: no partition from {_day(end)} to {_day(_begin(one))}"
            found.append(scale.bar(end, _begin(one), 1, "gap", words))
        end = max(end, _end(one))
    return found


def _after(scale: _Scale, table: PartitionedTable, last: float) -> Bar | None:
    """What happens to rows behind the last partition."""
    if table.engine == "hypertable":
        return scale.bar(last, scale.end, 1, "grows", "TimescaleDB makes the next chunk when rows come")
    if table.has_default:
        return scale.bar(last, scale.end, 1, "default", f"From {_day(last)} rows go to {table.default_name}")
    return scale.bar(last, scale.end, 1, "none", f"From {_day(last)} inserts fail: there is no partition")


def _look(one: Partition, table: PartitionedTable, now: float) -> str:
    if one.name in table.past_retention:
        return "old"
    return "ahead" if _begin(one) > now else "past" if _end(one) <= now else "now"


def _height(one: Partition, largest: int) -> float:
    """The root of its share of the largest, so that small ones stay visible; empty ones are flat."""
    return round(max(_LEAST_HEIGHT, (one.bytes / largest) ** 0.5), 3) if largest and one.bytes else _LEAST_HEIGHT


def _title(one: Partition) -> str:
    rows = f", about {human_number(one.rows)} rows" if one.rows >= 0 else ""
    bounds = f": {one.lower or 'open'} to before {one.upper or 'open'}" if one.lower or one.upper else ""
    return f"{one.name}{bounds}, {human_bytes(one.bytes)}{rows}"


def _ticks(scale: _Scale, here: float) -> tuple[Tick, ...]:
    """Three to five whole days, months or years, none so near to an end that it would be cut."""
    begin, end = datetime.fromtimestamp(scale.begin, UTC), datetime.fromtimestamp(scale.end, UTC)
    days = (end - begin).total_seconds() / 86_400
    moments = _months(begin, end) if days > 75 else _days(begin, end)
    ticks = [(round(scale.at(moment.timestamp()), 2), label) for moment, label in moments]
    shown = [(x, label) for x, label in ticks if 3 <= x <= 97 and abs(x - here) > _NEAR]
    return tuple(
        Tick(x, label, "is-minor" if index % 2 or abs(x - here) < _CROWDED else "")
        for index, (x, label) in enumerate(shown)
    )


def _months(begin: datetime, end: datetime) -> list[tuple[datetime, str]]:
    count = (end.year - begin.year) * 12 + end.month - begin.month
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if count / step <= 6 or step == 1200)
    found = []
    for index in range(begin.year * 12 + begin.month, end.year * 12 + end.month):
        if index % step == 0:
            moment = begin.replace(year=index // 12, month=index % 12 + 1, day=1, hour=0, minute=0, second=0)
            found.append((moment, f"{moment:%Y}" if step >= 12 else f"{moment:%b %Y}"))
    return found


def _days(begin: datetime, end: datetime) -> list[tuple[datetime, str]]:
    days = max(1, (end - begin).days)
    step = timedelta(days=next((step for step in (1, 2, 3, 7, 14) if days / step <= 6), 28))
    moment = begin.replace(hour=0, minute=0, second=0, microsecond=0) + step
    found = []
    while moment < end:
        found.append((moment, f"{moment.day} {moment:%b}"))
        moment += step
    return found


def _summary(table: PartitionedTable, shown: Sequence[Partition]) -> str:
    span = f"from {_day(_begin(shown[0]))} to {_day(_end(shown[-1]))}"
    return f"{table.full_name}: {len(shown)} partitions {span}, {len(table.gaps)} gaps."


def _begin(one: Partition) -> float:
    assert one.begins is not None
    return one.begins.timestamp()


def _end(one: Partition) -> float:
    assert one.ends is not None
    return one.ends.timestamp()


def _day(stamp: float) -> str:
    return f"{datetime.fromtimestamp(stamp, UTC):%Y-%m-%d}"
