"""Questions about moves; the list answers for as many as there ever were."""

from collections.abc import Collection

from django.db.models import QuerySet

from shards.moves.models import OVER, Move, Phase


def moves(search: str = "", phase: str = "", shard: str = "") -> QuerySet[Move]:
    """The newest first. `phase` is one of Phase, `open` (not over) or empty; `shard` one of the two."""
    found = Move.objects.select_related("operation", "source", "target")
    if search:
        found = found.filter(tenant_id__icontains=search)
    if phase == "open":
        found = found.exclude(phase__in=OVER)
    elif phase:
        found = found.filter(phase=phase)
    if shard:
        found = found.filter(source__name=shard) | found.filter(target__name=shard)
    return found


def move_of(operation_id: int) -> Move | None:
    return moves().filter(operation_id=operation_id).first()


def open_move_of(tenant_id: str) -> Move | None:
    return moves().filter(tenant_id=tenant_id).exclude(phase__in=OVER).first()


def by_epoch(tenant_id: str) -> dict[int, Move]:
    """The moves of a tenant by the epoch that each led to; one that was taken back also by that of its return."""
    reached = (Phase.MOVED, Phase.RETURNING, Phase.FINISHING, Phase.FINISHED, Phase.REVERTED)
    found: dict[int, Move] = {}
    for move in moves().filter(tenant_id=tenant_id, phase__in=reached).order_by("id"):
        if move.phase != Phase.REVERTED or move.moved_at:
            found[move.epoch + 1] = move
        if move.phase == Phase.REVERTED and move.moved_at:
            found[move.epoch + 2] = move
    return found


def going(tenants: Collection[str]) -> frozenset[str]:
    """Those of the tenants that are in a move which is not over."""
    return frozenset(moves("", "open").filter(tenant_id__in=tenants).values_list("tenant_id", flat=True))
