"""Who keeps which way back, and until when. Inside a fleet's schema."""

from collections.abc import Collection
from datetime import timedelta

from novaops.leased.leases import Leases
from shards.moves.models import Move, Phase

# Short: nothing but speed depends on it, since a slot has one reader and the shards' fences tell old workers from new.
LEASES = Leases(
    lambda: Move.objects.filter(phase=Phase.MOVED), "pk", "followed_by", "followed_until", timedelta(seconds=8)
)


def claim(numbers: Collection[int], holder: str) -> int | None:
    """A move of these whose way back nobody keeps, taken."""
    number: int | None = LEASES.claim(numbers, holder)
    return number


def held(number: int, holder: str) -> Move | None:
    return LEASES.held(number, holder).select_related("source", "target").first()
