"""Times as people write them, in a zone that they name."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from novaops.cli.exits import ExitCode
from novaops.cli.problems import Problem


def moment(text: str, zone: str = "UTC") -> str | None:
    """With its offset, as the API takes it; None for an empty one. A time that says its own offset keeps it."""
    if not text:
        return None
    try:
        said = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Problem(ExitCode.INVALID, f"{text!r} is no time; 2026-11-25 03:00 is one.") from error
    return (said if said.tzinfo else said.replace(tzinfo=_zone(zone))).isoformat()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Problem(ExitCode.INVALID, f"{name!r} is no time zone; Europe/Berlin is one.") from error
