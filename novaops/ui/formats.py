"""Numbers as a person reads them. None is shown as a dash, and nothing that a template gives raises."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

Number = int | float | Decimal
NONE = "\u2013"
SPACE = "\u00a0"  # between a number and its unit, so that they stay on one line

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_COMPACT = ("", "k", "M", "G", "T")


def number_of(value: object) -> float | None:
    """The value as a float, or None when it is not a number."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    if isinstance(value, timedelta):
        return value.total_seconds()
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _three_digits(amount: float) -> str:
    """Three digits at most and no empty decimals: 1.25, 12.5, 125."""
    places = 0 if abs(amount) >= 100 else 1 if abs(amount) >= 10 else 2
    text = f"{amount:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scaled(amount: float, base: int, units: tuple[str, ...]) -> tuple[str, str]:
    index = 0
    while abs(amount) >= base * 0.9995 and index < len(units) - 1:
        amount, index = amount / base, index + 1
    return _three_digits(amount), units[index]


def split_bytes(value: object) -> tuple[str, str]:
    """1536 -> ("1.5", "KiB")."""
    amount = number_of(value)
    return (NONE, "") if amount is None else _scaled(amount, 1024, _BINARY)


def human_bytes(value: object) -> str:
    """1536 -> 1.5 KiB"""
    text, unit = split_bytes(value)
    return f"{text}{SPACE}{unit}" if unit else text


def human_number(value: object) -> str:
    """12345 -> 12,345; decimals are kept to two places."""
    amount = number_of(value)
    if amount is None:
        return NONE
    return f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}".rstrip("0").rstrip(".")


def split_compact(value: object) -> tuple[str, str]:
    """12345 -> ("12.3", "k"); below 10,000 the number stays whole."""
    amount = number_of(value)
    if amount is None:
        return NONE, ""
    if abs(amount) < 10_000:
        return (human_number(amount), "") if amount == int(amount) else (_three_digits(amount), "")
    return _scaled(amount, 1000, _COMPACT)


def compact(value: object) -> str:
    """12345 -> 12.3 k"""
    text, unit = split_compact(value)
    return f"{text}{SPACE}{unit}" if unit else text


def percent(value: object, places: int = 1) -> str:
    """A share of one, as percent: 0.4567 -> 45.7 %. Never rounds up to 100 % what is below it."""
    amount = number_of(value)
    if amount is None:
        return NONE
    shown = round(amount * 100, places)
    if amount < 1 <= shown / 100:
        shown = 100 - 10.0**-places
    text = f"{shown:.{places}f}"
    return f"{text.removesuffix('.0')}{SPACE}%"


def rate(value: object) -> str:
    """Per second: 1234.5 -> 1,235/s"""
    amount = number_of(value)
    if amount is None:
        return NONE
    text = compact(round(amount)) if amount >= 100 else _three_digits(amount)
    return f"{text}/s"


def byte_rate(value: object) -> str:
    """Bytes per second: 1536 -> 1.5 KiB/s"""
    return NONE if number_of(value) is None else f"{human_bytes(value)}/s"


def _two_units(seconds: int) -> str:
    for size, unit, below, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = seconds % size // below
            return f"{seconds // size}{SPACE}{unit}" + (f" {rest}{SPACE}{small}" if rest else "")
    return f"{seconds}{SPACE}s"


def duration(value: object) -> str:
    """Seconds (or a timedelta): 0.0124 -> 12.4 ms, 3.42 -> 3.42 s, 125 -> 2 min 5 s, 90000 -> 1 d 1 h"""
    seconds = number_of(value)
    if seconds is None:
        return NONE
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds == 0 or seconds >= 60:
        return _two_units(round(seconds))
    if seconds < 0.001:
        return f"{_three_digits(seconds * 1e6)}{SPACE}µs"
    return f"{_three_digits(seconds * 1000)}{SPACE}ms" if seconds < 1 else f"{_three_digits(seconds)}{SPACE}s"


def milliseconds(value: object) -> str:
    """A duration given in milliseconds."""
    amount = number_of(value)
    return NONE if amount is None else duration(amount / 1000)


def short_age(seconds: float) -> str:
    """One unit, as the live pages tick it: 8 s, 4 min, 3 h, 2 d."""
    whole = max(0, int(seconds))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size}{SPACE}{unit}"
    return f"{whole}{SPACE}s"


def moment(value: datetime | None) -> str:
    """A point in time, in full and in UTC: 2026-11-23 13:05:09 UTC"""
    if value is None:
        return NONE
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
