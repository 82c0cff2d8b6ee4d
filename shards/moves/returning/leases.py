"""Who keeps which way back: leases in the control database, by its own clock. Inside a fleet's schema."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from shards.moves.models import Move, Phase

# Short: nothing but speed depends on it, since a slot has one reader and the shards' fences tell old workers from new.
LEASE = timedelta(seconds=8)


def claim(holder: str) -> int | None:
    """A move whose way back nobody keeps, taken."""
    free = Q(followed_until=None) | Q(followed_until__lte=Now())
    for number in Move.objects.filter(free, phase=Phase.MOVED).order_by("pk").values_list("pk", flat=True):
        taken = Move.objects.filter(free, pk=number, phase=Phase.MOVED)
        if taken.update(followed_by=holder, followed_until=Now() + LEASE):
            return number
    return None


def renew(number: int, holder: str) -> bool:
    return bool(_held(number, holder).update(followed_until=Now() + LEASE))


def leave(number: int, holder: str) -> None:
    _held(number, holder).update(followed_by="", followed_until=None)


def held(number: int, holder: str) -> Move | None:
    return _held(number, holder).select_related("source", "target").first()


def _held(number: int, holder: str) -> QuerySet[Move]:
    return Move.objects.filter(pk=number, followed_by=holder, followed_until__gt=Now())
