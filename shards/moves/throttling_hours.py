"""The hours of a day in which a move may copy and cut over. Pure."""

from datetime import datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def waits_until(now: datetime, begin: time | None, end: time | None, zone: str) -> str:
    """A sentence; empty inside the hours, or where there are none. From 22:00 until 06:00 goes over midnight; equal
    times are the whole day."""
    if begin is None or end is None or begin == end:
        return ""
    here = now.astimezone(_zone(zone)).time()
    inside = begin <= here < end if begin < end else here >= begin or here < end
    return "" if inside else f"It waits for {begin:%H:%M} in {zone}: it may work until {end:%H:%M}."


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
