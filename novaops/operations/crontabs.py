"""The five fields of a crontab in a time zone: which moments they name. Pure; agrees with what Celery's beat does."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from celery.schedules import ParseException, crontab

from novaops.operations.problems import Invalid
from novaops.operations.zones import on_the_clock, zone

FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
# A leap day is at most eight years away.
FURTHEST_DAYS = 8 * 366 + 1


@lru_cache(maxsize=256)
def parsed(text: str) -> Any:
    """Celery's own crontab, a set of numbers per field, Sunday being 0. Raises Invalid for what is none, or one that
    never comes."""
    words = text.split()
    if len(words) != len(FIELDS):
        problem = f"A crontab has five fields (minute, hour, day, month, weekday), such as 0 3 * * 1; not {text!r}."
        raise Invalid(problem, {"crontab": problem})
    try:
        return crontab(**dict(zip(FIELDS, words, strict=True)))
    except (ValueError, ParseException) as error:
        problem = f"{text!r} is no crontab: {str(error).rstrip('.')}."
        raise Invalid(problem, {"crontab": problem}) from error


def next_after(text: str, zone_name: str, moment: datetime) -> datetime | None:
    """The first moment (UTC) after this one; None when there is none within years."""
    today = moment.astimezone(zone(zone_name)).date()
    days = (today + timedelta(days=number) for number in range(-1, FURTHEST_DAYS))
    return next((found for day in days for found in _moments(text, zone_name, day) if found > moment), None)


def last_until(text: str, zone_name: str, moment: datetime) -> datetime | None:
    """The latest moment (UTC) up to this one, of today or yesterday; None when there is none."""
    today = moment.astimezone(zone(zone_name)).date()
    days = (today - timedelta(days=1), today, today + timedelta(days=1))
    found = [one for day in days for one in _moments(text, zone_name, day) if one <= moment]
    return max(found, default=None)


def _moments(text: str, zone_name: str, day: date) -> Iterator[datetime]:
    fields = parsed(text)
    fits = day.month in fields.month_of_year and day.day in fields.day_of_month
    if not fits or day.isoweekday() % 7 not in fields.day_of_week:
        return
    walls = (datetime.combine(day, time(hour, minute)) for hour in fields.hour for minute in fields.minute)
    yield from sorted(on_the_clock(wall, zone_name).astimezone(UTC) for wall in walls)
