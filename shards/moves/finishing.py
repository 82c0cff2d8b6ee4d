"""The end of a move: the shard that the tenant has left forgets it, and nothing that was made for the move stays."""

from django.utils import timezone

from novaops.operations.contract import PermanentProblem, StepContext
from shards import fences
from shards.moves import catalog, clearing, gates, housing, keeping, slots
from shards.moves.gates import State
from shards.moves.models import Move, Phase
from shards.moves.sessions import receiving
from shards.moves.streams import Stream

SESSION_SECONDS = 120.0


def finish(context: StepContext, move: Move) -> str:
    """No way back from here on."""
    back = keeping.stream_of(move).reversed
    keeping.enter(move, Phase.FINISHING)
    slots.drop(back, context)
    return clear(context, move, back.reversed)


def clear(context: StepContext, move: Move, gone: Stream) -> str:
    """`gone` is the stream on which the tenant went: what it left on the sender goes, when its gate there says so."""
    with receiving(gone.reversed, SESSION_SECONDS) as left:
        with fences.writing(left, context):
            gate = gates.gate_of(left, gone.tenant_id)
        if gate is not None and gate.state is not State.AWAY:
            raise PermanentProblem(f"{gone.tenant_id} has not left {gone.sender}: its gate there is {gate.state}.")
        tables = catalog.tables_of(left, gone)
        rows = clearing.clear_rows(left, context, gone.tenant_id, tables)
        housing.take_away(context, gone.reversed, left)
        clearing.forget_tenant(left, context, gone.tenant_id)
    phase = Phase.FINISHED if gone.receiver == move.target.name else Phase.REVERTED
    keeping.enter(move, phase, ended_at=timezone.now())
    return f"{rows:,} rows of {gone.tenant_id} are gone from {gone.sender}; nothing of the move is left."
