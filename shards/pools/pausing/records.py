"""The rows of pauses: each change is a conditional UPDATE, so that the first who ends a pause is the one who is named.

Times are the control database's own."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from shards.pools.pausing.hearing import tell
from shards.pools.pausing.models import Ending, PoolPause
from shards.pools.pausing.problems import NotPaused

# A pause that stands this long after its end has no guard, and holds nobody up.
OVERDUE = timedelta(seconds=30)


def record(operation: int, token: int, pool: str, database: str, seconds: float) -> PoolPause:
    """A pause that nobody has taken on yet. Takes over from an earlier turn of the same operation; raises NotPaused
    when another operation's pause stands."""
    try:
        with transaction.atomic():
            _supersede(operation, token, pool, database)
            written = PoolPause.objects.create(
                pool=pool,
                database=database,
                operation=operation,
                fencing_token=token,
                asked_at=Now(),
                ends_at=Now() + timedelta(seconds=seconds),
            )
            tell()
    except IntegrityError as problem:
        raise NotPaused(f"{database} of {pool} was paused by another operation at this moment.") from problem
    written.refresh_from_db()
    return written


def _supersede(operation: int, token: int, pool: str, database: str) -> None:
    standing = PoolPause.objects.filter(pool=pool, database=database, ended_at__isnull=True).select_for_update()
    for one in standing:
        overdue = PoolPause.objects.filter(pk=one.pk, ends_at__lt=Now() - OVERDUE).exists()
        if one.operation != operation and not overdue:
            until = f"{one.ends_at:%H:%M:%S} UTC"
            raise NotPaused(f"{one} is paused by operation {one.operation}, until {until} at the latest.")
        if one.fencing_token > token:
            raise NotPaused(f"{one} is paused by a later turn of operation {one.operation}.")
        ended(one.pk, Ending.SUPERSEDED, f"operation {operation}")


def taken_on(pk: int, guard: str) -> None:
    """The first guard that holds it in memory says so."""
    PoolPause.objects.filter(pk=pk, guarded_at__isnull=True).update(guarded_by=guard, guarded_at=Now())


def at_rest(pk: int) -> bool:
    """PgBouncer said that the database is paused; False when the pause had been ended before that."""
    return PoolPause.objects.filter(pk=pk, ended_at__isnull=True).update(paused_at=Now()) == 1


def ended(pk: int, how: Ending, by: str) -> bool:
    """True for the one who ends it."""
    found = PoolPause.objects.filter(pk=pk, ended_at__isnull=True)
    return found.update(ended_at=Now(), ending=how, ended_by=by) == 1


def standing() -> list[PoolPause]:
    """Every pause of the fleet that has not been ended, in order."""
    return list(PoolPause.objects.filter(ended_at__isnull=True).order_by("pk"))


def promised() -> frozenset[tuple[str, str]]:
    """Pools and databases that are paused on purpose, and whose end has not been missed."""
    found = PoolPause.objects.filter(ended_at__isnull=True, ends_at__gte=Now() - OVERDUE)
    return frozenset(found.values_list("pool", "database"))


def of_operation(operation: int) -> list[PoolPause]:
    """Those that it asked for and that stand."""
    return list(PoolPause.objects.filter(operation=operation, ended_at__isnull=True).order_by("pk"))


def remaining(pk: int) -> float:
    """Seconds until its end, by the control database's clock; below zero after it."""
    one = PoolPause.objects.annotate(now=Now()).get(pk=pk)
    now: datetime = one.now
    return (one.ends_at - now).total_seconds()
