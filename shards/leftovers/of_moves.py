"""Moves of tenants, as far as things on shards are judged by them."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from shards.moves.models import Move


@dataclass(frozen=True, slots=True)
class KnownMove:
    """`number` is that of the operation that moved the tenant out. `alive`: what was made for it belongs to it; once it
    is over, or its operation ended on the way and nobody took it up, that is left behind."""

    number: int
    tenant_id: str
    shards: frozenset[str]
    alive: bool


def moves(numbers: Collection[int], tenants: Collection[str]) -> tuple[KnownMove, ...]:
    """Those of these operations and of these tenants, the oldest first; one query, inside a fleet."""
    found = Move.objects.select_related("operation", "source", "target")
    asked = found.filter(Q(operation_id__in=numbers) | Q(tenant_id__in=tenants)).order_by("id")
    return tuple(
        KnownMove(one.operation_id, one.tenant_id, frozenset({one.source.name, one.target.name}), one.stands)
        for one in asked
    )
