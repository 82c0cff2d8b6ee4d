"""Times as people give and read them: in a time zone that they name."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from novaops.operations.problems import Invalid


def zone(name: str) -> ZoneInfo:
    """Raises Invalid for a name that is no time zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        sentence = f"{name!r} is no time zone; Europe/Berlin or UTC is one."
        raise Invalid(sentence, {"time_zone": sentence}) from None


@cache
def zone_names() -> tuple[str, ...]:
    """For choices: UTC, then the cities by name."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


def in_zone(moment: datetime, name: str) -> str:
    """2026-11-24 03:00 Europe/Berlin."""
    return f"{moment.astimezone(zone(name)):%Y-%m-%d %H:%M} {name}"


def span_words(starts: datetime, ends: datetime, name: str) -> str:
    """2026-11-24 03:00 to 2026-11-24 06:00, Europe/Berlin."""
    there = zone(name)
    return f"{starts.astimezone(there):%Y-%m-%d %H:%M} to {ends.astimezone(there):%Y-%m-%d %H:%M}, {name}"


def on_the_clock(wall: datetime, name: str) -> datetime:
    """The moment (UTC) at which the clocks of that zone show `wall`; the first of two, and just after a gap."""
    return wall.replace(tzinfo=zone(name), fold=0).astimezone(UTC)
