"""The page of a move, for the page of an operation that makes it, takes it back or finishes it."""

from novaops.fleets.paths import fleet_path
from novaops.operations.companions import Companion
from novaops.operations.models import Operation
from shards.moves.selectors import move_of

MOVES, LATER = "tenant-move", ("tenant-move-back", "tenant-move-finish")


def of_operation(operation: Operation) -> Companion | None:
    """None before it has begun."""
    number = operation.parameters.get("operation") if operation.kind in LATER else operation.pk
    move = move_of(number) if operation.kind in (MOVES, *LATER) and isinstance(number, int) else None
    if move is None:
        return None
    words = f"{move.tenant_id}, {move.source.name} to {move.target.name}"
    return Companion("Move", words, fleet_path("move", pk=move.operation_id))
