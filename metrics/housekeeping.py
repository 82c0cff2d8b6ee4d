"""Minutes from samples, and what is too old. Inside a fleet's schema; may run anywhere, twice, or after a pause."""

from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Max

from metrics.collector.store import forget_gone
from metrics.models import Sample
from metrics.series import MINUTE

ROLL_UP = (Path(__file__).parent / "sql" / "roll_up.sql").read_text()
KEEP_RAW = timedelta(hours=6)
KEEP_MINUTES = timedelta(days=30)
# Answers of a slow probe are stored with the time at which it was asked.
STILL_COMING = timedelta(seconds=30)
# One housekeeper per fleet at a time spares the database double work; being alone is not needed.
LOCK = 0x6E6F7661


def keep_house(now: datetime) -> bool:
    """False when another process is at it."""
    with transaction.atomic():
        if not _alone():
            return False
        roll_up(now)
        forget_old(now)
        forget_gone()
    return True


def roll_up(now: datetime) -> int:
    """The whole minutes since the last that was made, and the one before that again; how many rows were added."""
    last = (now - STILL_COMING).replace(second=0, microsecond=0)
    newest = Sample.objects.filter(width_seconds=MINUTE).aggregate(newest=Max("at"))["newest"]
    first = max(newest or now - KEEP_RAW, now - KEEP_RAW)
    with connection.cursor() as cursor:
        cursor.execute(ROLL_UP, {"first": first, "last": last})
        return int(cursor.rowcount)


def forget_old(now: datetime) -> int:
    raw, _ = Sample.objects.filter(width_seconds=0, at__lt=now - KEEP_RAW).delete()
    minutes, _ = Sample.objects.filter(width_seconds=MINUTE, at__lt=now - KEEP_MINUTES).delete()
    return raw + minutes


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])
        row = cursor.fetchone()
    return bool(row and row[0])
