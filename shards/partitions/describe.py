"""From the catalog's rows to what is known of a partitioned table. Pure: the catalog is read in survey.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shards.partitions import bounds, keys, widths
from shards.partitions.coverage import Span, covered_until, gaps, past, skew
from shards.partitions.facts import Engine, KeyKind, Partition, PartitionedTable, Strategy
from shards.partitions.keys import Position

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class DefaultRows:
    """Counted rows of the default partition; `ahead` are those that lie after the last partition."""

    total: int = 0
    ahead: int = 0


def key_kind(table: dict[str, Any], children: Sequence[dict[str, Any]]) -> KeyKind:
    parsed = [bounds.parse(child["bound"]) for child in children]
    finite = [end for bound in parsed for end in (bound.lower, bound.upper) if end]
    return keys.kind_of(table["key_type"], finite) if table["strategy"] == Strategy.RANGE else KeyKind.OTHER


def native(
    table: dict[str, Any],
    children: Sequence[dict[str, Any]],
    now: datetime,
    default: DefaultRows,
    retention_days: float | None,
) -> PartitionedTable:
    """One row of all_tables.sql with its rows of all_partitions.sql."""
    kind = key_kind(table, children)
    spans = [_span(child, kind, _zone(table["zone"])) for child in children]
    ranges = [span for span in spans if not span.partition.default] if table["strategy"] == Strategy.RANGE else []
    partitions = tuple(span.partition for span in spans)
    until = covered_until(ranges, now) if kind.timed and ranges else None
    ends = until if isinstance(until, datetime) else None
    default_partition = next((one for one in partitions if one.default), None)
    return PartitionedTable(
        schema_name=table["schema_name"],
        name=table["name"],
        engine=Engine.NATIVE,
        strategy=Strategy(table["strategy"]),
        key=table["key"],
        key_kind=kind,
        partitions=tuple(sorted(partitions, key=_place)),
        gaps=gaps(ranges),
        has_default=default_partition is not None,
        default_name=default_partition.name if default_partition else "",
        default_rows=default.total,
        default_rows_ahead=default.ahead,
        ends=ends,
        runway_days=(ends - now).total_seconds() / DAY if ends else None,
        retention_days=retention_days,
        past_retention=past(partitions, now - timedelta(days=retention_days)) if retention_days else (),
        missing_indexes=tuple(sorted({index for one in partitions for index in one.missing_indexes})),
        **_interval(ranges),
        **_sums(partitions),
    )


def hypertable(table: dict[str, Any], chunks: Sequence[dict[str, Any]], now: datetime) -> PartitionedTable:
    """One row of hypertables.sql with its rows of chunks.sql. Chunks are made when rows come, so that neither a gap nor
    a runway means anything."""
    partitions = tuple(Partition.model_validate(chunk) for chunk in chunks)
    days = table["retention_days"]
    return PartitionedTable(
        schema_name=table["schema_name"],
        name=table["name"],
        engine=Engine.HYPERTABLE,
        strategy=Strategy.RANGE,
        key=table["key"],
        key_kind=keys.kind_of(table["key_type"], [end for one in partitions for end in (one.lower, one.upper) if end]),
        interval=table["interval"] or "",
        interval_seconds=table["interval_seconds"],
        partitions=partitions,
        retention_days=days,
        past_retention=past(partitions, now - timedelta(days=days)) if days else (),
        **_sums(partitions),
    )


def _span(child: dict[str, Any], kind: KeyKind, zone: tzinfo) -> Span:
    bound = bounds.parse(child["bound"])
    lower, upper = _position(kind, bound.lower, zone), _position(kind, bound.upper, zone)
    partition = Partition(
        name=child["name"],
        schema_name=child["schema_name"],
        lower=bound.lower,
        upper=bound.upper,
        begins=lower if isinstance(lower, datetime) else None,
        ends=upper if isinstance(upper, datetime) else None,
        default=bound.kind == "default",
        bytes=child["bytes"],
        rows=child["rows"],
        missing_indexes=tuple(child["missing_indexes"]),
    )
    return Span(lower, upper, partition)


def _position(kind: KeyKind, text: str, zone: tzinfo) -> Position | None:
    """None for an open end, and for what cannot be read as the key's kind (a year outside of Python's)."""
    if not text or kind is KeyKind.OTHER:
        return None
    try:
        return keys.position(kind, text, zone)
    except (ValueError, OverflowError):
        return None


def _interval(ranges: Sequence[Span]) -> dict[str, Any]:
    known = [(span.lower, span.upper) for span in ranges if span.lower is not None and span.upper is not None]
    width = widths.usual(known)
    if width is None:
        return {}
    lower, upper = known[-1]
    timed = isinstance(lower, datetime) and isinstance(upper, datetime)
    return {"interval": str(width), "interval_seconds": (upper - lower).total_seconds() if timed else None}  # type: ignore[union-attr, operator]


def _sums(partitions: Sequence[Partition]) -> dict[str, Any]:
    return {
        "bytes": sum(one.bytes for one in partitions),
        "rows": sum(max(0, one.rows) for one in partitions),
        "skew": skew(partitions),
    }


def _place(one: Partition) -> tuple[bool, datetime, str]:
    return one.default, one.begins or datetime.min.replace(tzinfo=UTC), one.name


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def order(kind: KeyKind, text: str) -> float:
    """A bound's place as a number, to compare bounds of one table; what cannot be read comes first."""
    where = _position(kind, text, UTC)
    if where is None:
        return float("-inf")
    return where.timestamp() if isinstance(where, datetime) else float(where)
