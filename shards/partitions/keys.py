"""What a partition key's values mean in time: timestamps, dates, 202401, 20240131, epoch seconds and milliseconds."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from shards.partitions.facts import KeyKind

Position = datetime | int
"""A place along a table's key: an aware moment where the key means time, a plain number where it does not."""

_BY_TYPE = {
    "timestamp with time zone": KeyKind.TIMESTAMP,
    "timestamp without time zone": KeyKind.TIMESTAMP,
    "timestamptz": KeyKind.TIMESTAMP,
    "timestamp": KeyKind.TIMESTAMP,
    "date": KeyKind.DATE,
}
_INTEGERS = {"smallint", "integer", "bigint", "int2", "int4", "int8", "numeric"}
_EPOCH_1990, _EPOCH_2100 = 631_152_000, 4_102_444_800


def _is_year_month(number: int) -> bool:
    """202401; 202413 is how some write the end of December."""
    return 1970_01 <= number <= 2199_13 and 1 <= number % 100 <= 13


def _is_day(number: int) -> bool:
    return 1970_01_01 <= number <= 2199_12_31 and 1 <= number // 100 % 100 <= 12 and 1 <= number % 100 <= 32


def kind_of(type_name: str, bounds: Iterable[str]) -> KeyKind:
    """How a key of this PostgreSQL type says when: read from its partitions' finite bounds where it is a number."""
    name = type_name.lower().split("(")[0].strip()
    if name in _BY_TYPE:
        return _BY_TYPE[name]
    if name not in _INTEGERS:
        return KeyKind.OTHER
    try:
        numbers = [int(bound) for bound in bounds]
    except ValueError:
        return KeyKind.OTHER
    return _kind_of_numbers(numbers)


def _kind_of_numbers(numbers: list[int]) -> KeyKind:
    if not numbers:
        return KeyKind.INTEGER
    if all(map(_is_year_month, numbers)):
        return KeyKind.YEAR_MONTH
    if all(map(_is_day, numbers)):
        return KeyKind.YEAR_MONTH_DAY
    if all(_EPOCH_1990 <= number <= _EPOCH_2100 for number in numbers):
        return KeyKind.EPOCH_SECONDS
    if all(_EPOCH_1990 <= number / 1000 <= _EPOCH_2100 for number in numbers):
        return KeyKind.EPOCH_MILLISECONDS
    return KeyKind.INTEGER


def position(kind: KeyKind, text: str, zone: tzinfo = UTC) -> Position:
    """The bound as a place; `zone` is the one that whole days and months are counted in. ValueError when unreadable."""
    match kind:
        case KeyKind.TIMESTAMP | KeyKind.DATE:
            moment = datetime.fromisoformat(text)
            return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
        case KeyKind.YEAR_MONTH:
            return _month(int(text), zone)
        case KeyKind.YEAR_MONTH_DAY:
            return datetime.strptime(text, "%Y%m%d").replace(tzinfo=zone)
        case KeyKind.EPOCH_SECONDS:
            return datetime.fromtimestamp(int(text), zone)
        case KeyKind.EPOCH_MILLISECONDS:
            return datetime.fromtimestamp(int(text) / 1000, zone)
        case KeyKind.INTEGER:
            return int(text)
        case KeyKind.OTHER:
            raise ValueError(f"{text!r} cannot be placed along a key of an unknown kind.")


def _month(number: int, zone: tzinfo) -> datetime:
    year, month = divmod(number, 100)
    return datetime(year + 1, 1, 1, tzinfo=zone) if month == 13 else datetime(year, month, 1, tzinfo=zone)


def text(kind: KeyKind, where: Position) -> str:
    """The bound as PostgreSQL reads it back: the inverse of `position`."""
    if not isinstance(where, datetime):
        return str(where)
    match kind:
        case KeyKind.TIMESTAMP:
            # Where the column has no time zone, PostgreSQL leaves the offset out of account.
            return where.isoformat(sep=" ")
        case KeyKind.DATE:
            return where.date().isoformat()
        case KeyKind.YEAR_MONTH:
            return f"{where:%Y%m}"
        case KeyKind.YEAR_MONTH_DAY:
            return f"{where:%Y%m%d}"
        case KeyKind.EPOCH_MILLISECONDS:
            return str(round(where.timestamp() * 1000))
        case _:
            return str(round(where.timestamp()))
