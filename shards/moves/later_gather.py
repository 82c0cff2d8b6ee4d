"""Asks for what taking a move back, or finishing it, rests on."""

from shards.moves.gather import asked_alone
from shards.moves.later_facts import LaterFacts
from shards.moves.models import Move, Phase
from shards.placement.selectors import placement


def gather_later(operation: int) -> LaterFacts:
    move = Move.objects.select_related("source", "target").filter(operation_id=operation).first()
    if move is None:
        return LaterFacts(operation=operation, problem=f"Operation {operation} has moved no tenant.")
    placed = placement(move.tenant_id)
    return LaterFacts(
        operation=operation,
        tenant=move.tenant_id,
        schema_name=move.schema_name,
        phase=move.phase,
        phase_label=Phase(move.phase).label,
        epoch=placed.epoch if placed else 0,
        way_back_until=move.way_back_until,
        behind_bytes=move.behind_bytes,
        old=asked_alone(move.source.name, move.tenant_id),
        new=asked_alone(move.target.name, move.tenant_id),
    )
