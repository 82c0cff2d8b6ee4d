"""Which partitions come next: pure, from the bounds and names of those that exist."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg.sql import SQL, Composable, Literal

from shards.partitions import bounds, naming, widths
from shards.partitions.bounds import Bound
from shards.partitions.create_facts import Child, TableFacts
from shards.partitions.facts import KeyKind
from shards.partitions.keys import Position, kind_of, position, text
from shards.partitions.widths import Width

MOST = 400


class CannotContinue(Exception):
    """Why no partition can follow: a sentence."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One partition to create, with its bounds as PostgreSQL reads them."""

    schema_name: str
    name: str
    lower: str
    upper: str

    @property
    def bound(self) -> Composable:
        return SQL("FOR VALUES FROM ({}) TO ({})").format(Literal(self.lower), Literal(self.upper))


@dataclass(frozen=True, slots=True)
class Continuation:
    """How the table goes on: after `start`, in steps of `width`, named like its siblings."""

    kind: KeyKind
    width: Width
    start: Position
    names: naming.Naming
    sibling: Child
    gaps: tuple[tuple[str, str], ...] = ()

    def pieces(self, count: int, until: date | None) -> tuple[Piece, ...]:
        """`count` pieces, or as many as cover the day `until` (none when it is covered)."""
        return tuple(self._pieces(count, until))

    def _pieces(self, count: int, until: date | None) -> Iterator[Piece]:
        lower = self.start
        for _ in range(MOST if until else count):
            if until and isinstance(lower, datetime) and lower.date() > until:
                return
            upper = self.width.after(lower)
            yield Piece(
                self.sibling.schema_name, self.names.name(lower), text(self.kind, lower), text(self.kind, upper)
            )
            lower = upper

    @property
    def timed(self) -> bool:
        return isinstance(self.start, datetime)


def continuation(table: TableFacts) -> Continuation:
    """How to go on; CannotContinue says why not."""
    ranges = [(child, bounds.parse(child.bound)) for child in table.children]
    ranges = [(child, bound) for child, bound in ranges if bound.kind == "range"]
    if not ranges:
        raise CannotContinue(f"{table.full_name} has no range partition yet that the next could continue.")
    if any(not bound.upper for _, bound in ranges):
        raise CannotContinue(f"The last partition of {table.full_name} has no upper end: nothing can follow it.")
    kind = kind_of(table.key_type, [end for _, bound in ranges for end in (bound.lower, bound.upper) if end])
    zone = _zone(table, kind, [bound for _, bound in ranges])
    try:
        placed = _placed(kind, zone, ranges)
    except (ValueError, OverflowError) as problem:
        raise CannotContinue(f"A bound of {table.full_name} cannot be read: {problem}.") from problem
    return _continued(table, kind, placed)


Placed = list[tuple[Child, Position | None, Position]]


def _placed(kind: KeyKind, zone: tzinfo, ranges: list[tuple[Child, Bound]]) -> Placed:
    """Each partition with its begin (None: open) and end, in the order of their ends."""
    placed: Placed = [
        (child, position(kind, bound.lower, zone) if bound.lower else None, position(kind, bound.upper, zone))
        for child, bound in ranges
    ]
    return sorted(placed, key=lambda one: one[2])


def _continued(table: TableFacts, kind: KeyKind, placed: Placed) -> Continuation:
    finite = [(child, lower, upper) for child, lower, upper in placed if lower is not None]
    width = widths.usual([(lower, upper) for _, lower, upper in finite])
    if width is None:
        raise CannotContinue(f"{table.full_name} has no partition with two ends, so their width is not known.")
    last, _, end = placed[-1]
    return Continuation(
        kind=kind,
        width=width,
        start=end,
        names=naming.infer(kind, table.name, [(child.name, lower) for child, lower, _ in finite]),
        sibling=last,
        gaps=_gaps(kind, placed),
    )


def _gaps(kind: KeyKind, placed: Placed) -> tuple[tuple[str, str], ...]:
    return tuple(
        (text(kind, before), text(kind, begins))
        for (_, _, before), (_, begins, _) in pairwise(placed)
        if begins is not None and begins > before  # type: ignore[operator]
    )


def _zone(table: TableFacts, kind: KeyKind, ranges: list[Bound]) -> tzinfo:
    """The zone in whose midnights most ends lie: UTC, or the database's own where that fits and UTC does not."""
    if kind is not KeyKind.TIMESTAMP or "with time zone" not in table.key_type:
        return UTC
    try:
        own: tzinfo = ZoneInfo(table.zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
    return own if _midnights(ranges, own) > _midnights(ranges, UTC) else UTC


def _midnights(ranges: list[Bound], zone: tzinfo) -> int:
    try:
        moments = [position(KeyKind.TIMESTAMP, bound.upper, zone) for bound in ranges]
    except ValueError:
        return 0
    return sum(isinstance(moment, datetime) and moment.hour == 0 and moment.minute == 0 for moment in moments)
