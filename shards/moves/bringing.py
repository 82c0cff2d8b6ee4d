"""Brings a tenant's rows to where a stream goes, up to a stage. Each stage begins with those before it, which do
nothing when they are done: whatever broke meanwhile, such as a slot's history by a failover, is begun anew there."""

from collections.abc import Sequence

from novaops.operations.contract import PermanentProblem, StepContext
from shards import fences
from shards.clients.postgres import Session
from shards.moves import catalog, gates, housing, keeping, patroni_slots, slots
from shards.moves.applying.applier import Applier
from shards.moves.clearing import clear_rows, forget_tenant
from shards.moves.comparing.compare import Comparison, compare
from shards.moves.comparing.rows import RowsDiffer, named
from shards.moves.copying.copy import Relief, copy
from shards.moves.models import Move, Phase
from shards.moves.sessions import receiving, sending
from shards.moves.slots import Broken
from shards.moves.streams import Direction, Stream
from shards.moves.tables import Table
from shards.moves.throttling import Brake

STEP_SECONDS = 120.0
NEAR_BYTES = 256 * 1024
CATCH_SECONDS = 0.5
GUARD = "SELECT novaops_schema.guard(%s::regclass, %s)"


def prepared(context: StepContext, move: Move, stream: Stream) -> tuple[Table, ...]:
    """Both shards know of the move; the sender keeps its changes from here on."""
    with sending(stream, STEP_SECONDS) as sender, receiving(stream, STEP_SECONDS) as receiver:
        tables = catalog.tables_of(sender, stream)
        _insist_on_usable(tables)
        _guard(sender, context, stream, tables)
        with fences.writing(receiver, context):
            if stream.direction is Direction.OUT:
                gates.announce(sender, receiver, stream.tenant_id)
        housing.build(context, stream, sender, receiver)
        try:
            slots.establish(sender, stream, tables, context)
        except Broken as problem:
            context.log(f"{problem} The copy begins anew.")
            _forget_copy(context, receiver, stream)
            slots.drop(stream, context)
            slots.establish(sender, stream, tables, context)
    return tables


def copied(context: StepContext, move: Move, stream: Stream) -> tuple[Table, ...]:
    tables = prepared(context, move, stream)
    _enter(move, stream, Phase.COPYING)
    brake = Brake(move, context, stream)
    relief = Relief(lambda: brake.drain_due, lambda: _drain(context, stream, tables))
    copy(context, stream, tables, brake, relief=relief)
    return tables


def caught_up(context: StepContext, move: Move, stream: Stream) -> tuple[Table, ...]:
    tables = copied(context, move, stream)
    _enter(move, stream, Phase.CATCHING_UP)
    with Applier(stream, context, tables) as applier:
        # Something may always come: a tenant that goes on writing is near, never at the end.
        while applier.behind_bytes > NEAR_BYTES:
            applier.step(CATCH_SECONDS)
            context.progress(applier.applied, None, f"{applier.behind_bytes:,} bytes of changes are left")
            keeping.note(move, behind_bytes=applier.behind_bytes, held_bytes=applier.held_bytes)
    return tables


def compared(context: StepContext, move: Move, stream: Stream) -> tuple[Table, ...]:
    tables = caught_up(context, move, stream)
    _enter(move, stream, Phase.COMPARING)
    try:
        found = compare_all(context, stream, tables)
    except RowsDiffer as problem:
        keeping.note(move, differences=named(problem.found))
        raise
    keeping.note(move, rows_compared=found.rows, compared_at=found.at, differences=[])
    return tables


def compare_all(context: StepContext, stream: Stream, tables: Sequence[Table]) -> Comparison:
    """RowsDiffer, a PermanentProblem, names the rows that differ."""
    with Applier(stream, context, tables) as applier:
        return compare(context, stream, tables, applier)


def _drain(context: StepContext, stream: Stream, tables: Sequence[Table]) -> None:
    """In the middle of a copy: the sender need not keep what was written until now."""
    patroni_slots.leave_alone(stream, context)
    with Applier(stream, context, tables, copying=True, meanwhile=lambda: context.progress(0, None, "")) as applier:
        applier.until_near(NEAR_BYTES)


def take_away(context: StepContext, move: Move) -> str:
    """All that was made on both sides, when the tenant did not go."""
    stream = keeping.stream_of(move)
    with receiving(stream, STEP_SECONDS) as receiver:
        slots.drop(stream, context)
        slots.drop(stream.reversed, context)
        _forget_copy(context, receiver, stream)
        housing.take_away(context, stream, receiver)
        forget_tenant(receiver, context, stream.tenant_id)
    keeping.enter(move, Phase.REVERTED)
    return f"Nothing of {stream.tenant_id} is left on {stream.receiver}."


def _enter(move: Move, stream: Stream, phase: Phase) -> None:
    """What the way back does is no phase of the move."""
    if stream.direction is Direction.OUT:
        keeping.enter(move, phase)


def _forget_copy(context: StepContext, receiver: Session, stream: Stream) -> None:
    clear_rows(receiver, context, stream.tenant_id, catalog.tables_of(receiver, stream))


def _guard(sender: Session, context: StepContext, stream: Stream, tables: Sequence[Table]) -> None:
    for table in tables:
        with fences.writing(sender, context):
            sender.execute(GUARD, (table.identifier.as_string(sender), None if table.shared else stream.tenant_id))


def _insist_on_usable(tables: Sequence[Table]) -> None:
    reasons = [table.unusable for table in tables if table.unusable]
    if reasons:
        raise PermanentProblem(" ".join(reasons))
