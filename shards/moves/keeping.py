"""What the console keeps of a move, read and written by its steps."""

from typing import Any

from django.db.models.functions import Now

from novaops.inventory.models import Shard
from novaops.operations.contract import PermanentProblem, StepContext
from shards import fences
from shards.marks import Mark
from shards.moves.models import Move, Phase
from shards.moves.streams import Direction, Stream


def begin(context: StepContext) -> Move:
    """The move of this operation, made when it is not there yet."""
    told = context.arguments
    shards = {shard.name: shard for shard in Shard.objects.filter(name__in=[told["source"], told["target"]])}
    made = {
        "tenant_id": told["tenant"],
        "schema_name": told["schema_name"],
        "source": shards[told["source"]],
        "target": shards[told["target"]],
        "epoch": told["epoch"],
        "limit_mb": told["limit_mb"],
        "hours_from": told["hours_from"],
        "hours_until": told["hours_until"],
        "time_zone": told["time_zone"],
    }
    return Move.objects.get_or_create(operation_id=context.operation_id, defaults=made)[0]


def of_number(operation_id: int) -> Move:
    """The move that this operation made."""
    found = Move.objects.select_related("source", "target").filter(operation_id=operation_id).first()
    if found is None:
        raise PermanentProblem(f"Operation {operation_id} has begun no move.")
    return found


def stream_of(move: Move) -> Stream:
    """Towards the new shard; the way back is its reverse."""
    mark = Mark(move.operation_id, fences.console_id())
    return Stream(move.tenant_id, move.schema_name, move.source.name, move.target.name, mark, Direction.OUT)


def note(move: Move, **values: Any) -> None:
    """Keeps what was measured, with the database's own time."""
    Move.objects.filter(pk=move.pk).update(**values, measured_at=Now())


def enter(move: Move, phase: Phase, **values: Any) -> None:
    note(move, phase=phase, waits_for="", **values)
    move.phase = phase
