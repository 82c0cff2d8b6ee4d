"""When a delivery is tried again, and how long a hook rests after a failure. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MINUTE, HOUR = 60, 3600
PAUSES = (5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 10 * HOUR)
"""Seconds after the first, second ... failed attempt: eleven attempts within a day."""
ATTEMPTS = len(PAUSES) + 1
JITTER = 0.2
# Later events of the same operation wait behind one that failed, for so many attempts; then they overtake it.
HOLDS_BACK = 4
LONGEST_REST = 60.0
LONGEST_RETRY_AFTER = float(HOUR)


def pause_after(attempts: int, chance: float, retry_after: float | None = None) -> timedelta | None:
    """How long to wait after so many failed attempts; None: give it up. `chance` (0 to 1) spreads the pauses."""
    if attempts >= ATTEMPTS:
        return None
    pause = PAUSES[max(attempts, 1) - 1] * (1 + JITTER * chance)
    return timedelta(seconds=max(pause, retry_after or 0.0))


def rest_after(failures: int, retry_after: float | None = None) -> timedelta:
    """How long a receiver is left alone after so many failures in a row, whatever else waits for it."""
    rest = min(PAUSES[0] * 2.0 ** min(max(failures, 1) - 1, 10), LONGEST_REST)
    return timedelta(seconds=max(rest, retry_after or 0.0))


def retry_after(header: str, now: datetime) -> float | None:
    """The seconds that a receiver asks for, in either form of HTTP, at most an hour; None when it asks for nothing."""
    text = header.strip()
    if text.isdecimal() and text.isascii():
        seconds = float(text[:9])
    else:
        try:
            when = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
