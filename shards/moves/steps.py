"""The steps of a move, of taking it back and of finishing it. Each may be killed between any two lines: the next worker
asks the shards how far it came."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from novaops.operations.contract import PermanentProblem, Step, StepContext
from shards.moves import arrived, bringing, finishing, keeping, slots
from shards.moves.cutover.pause import Pause
from shards.moves.cutover.run import cut_over, is_decided
from shards.moves.models import Move, Phase
from shards.moves.returning.preparing import prepare_back
from shards.moves.streams import Stream

DAY = 24 * 3600.0


def prepare(context: StepContext) -> str:
    move = keeping.begin(context)
    tables = bringing.prepared(context, move, keeping.stream_of(move))
    return f"{len(tables)} tables are to be moved; {move.source.name} keeps their changes from here on."


def copy(context: StepContext) -> str:
    move = keeping.begin(context)
    bringing.copied(context, move, keeping.stream_of(move))
    move.refresh_from_db()
    return f"{move.rows_copied:,} rows, {move.bytes_copied:,} bytes, are on {move.target.name}."


def catch_up(context: StepContext) -> str:
    move = keeping.begin(context)
    bringing.caught_up(context, move, keeping.stream_of(move))
    return "What changed meanwhile is there too."


def compare(context: StepContext) -> str:
    move = keeping.begin(context)
    bringing.compared(context, move, keeping.stream_of(move))
    move.refresh_from_db()
    return f"{move.rows_compared:,} rows are the same on both shards."


def reverse_prepare(context: StepContext) -> str:
    move = keeping.begin(context)
    return prepare_back(context, move, bringing.compared(context, move, keeping.stream_of(move)))


def cutover(context: StepContext) -> str:
    move = keeping.begin(context)
    stream = keeping.stream_of(move)
    if is_decided(context, stream, move.epoch):
        return f"{move.tenant_id} is on {move.target.name} already."
    tables = bringing.compared(context, move, stream)
    prepare_back(context, move, tables)
    keeping.enter(move, Phase.CUTTING_OVER)
    pause = cut_over(context, move, stream, tables, move.epoch, context.arguments["pause_limit_ms"] / 1000)
    _keep(move, pause)
    return f"{move.tenant_id} writes on {move.target.name}, after a pause of {pause.milliseconds:.0f} ms."


def follow(context: StepContext) -> str:
    """The placement, and the way back: everything is compared once more, now in the other direction."""
    move = keeping.begin(context)
    out = keeping.stream_of(move)
    arrived.place(context, out, move.epoch + 1, f"operation {move.operation_id}")
    slots.drop(out, context)
    hours = context.arguments["way_back_hours"]
    if hours == 0:
        return f"The placement says {move.target.name}, epoch {move.epoch + 1}."
    compared = _compare_back(context, move, out.reversed)
    now = timezone.now()
    until = now + timedelta(hours=hours)
    keeping.enter(move, Phase.MOVED, moved_at=now, way_back_until=until)
    return f"{compared:,} rows are the same on both shards; the way back is open until {until:%Y-%m-%d %H:%M} UTC."


def finish(context: StepContext) -> str:
    return finishing.finish(context, _named(context))


def undo(context: StepContext) -> str:
    move = keeping.begin(context)
    if is_decided(context, keeping.stream_of(move), move.epoch):
        raise PermanentProblem(f"{move.tenant_id} is on {move.target.name}: take it back with tenant-move-back.")
    return bringing.take_away(context, move)


def back_compare(context: StepContext) -> str:
    move = _named(context)
    keeping.enter(move, Phase.RETURNING)
    rows = _compare_back(context, move, keeping.stream_of(move).reversed)
    return f"{rows:,} rows are the same on both shards."


def back_undo(context: StepContext) -> str:
    move = _named(context)
    keeping.enter(move, Phase.MOVED)
    return f"{move.tenant_id} stays on {move.target.name}, and its way back is open."


def back_cutover(context: StepContext) -> str:
    move = _named(context)
    back = keeping.stream_of(move).reversed
    if is_decided(context, back, move.epoch + 1):
        return f"{move.tenant_id} is on {move.source.name} already."
    tables = bringing.caught_up(context, move, back)
    pause = cut_over(context, move, back, tables, move.epoch + 1, context.arguments["pause_limit_ms"] / 1000)
    return f"{move.tenant_id} writes on {move.source.name} again, after a pause of {pause.milliseconds:.0f} ms."


def back_follow(context: StepContext) -> str:
    move = _named(context)
    back = keeping.stream_of(move).reversed
    arrived.place(
        context, back, move.epoch + 2, f"operation {context.operation_id} took operation {move.operation_id} back"
    )
    slots.drop(back, context)
    return finishing.clear(context, move, back)


def _compare_back(context: StepContext, move: Move, back: Stream) -> int:
    tables = bringing.caught_up(context, move, back)
    return bringing.compare_all(context, back, tables).rows


def _named(context: StepContext) -> Move:
    """The move of this operation, or of the one that its parameters name."""
    return keeping.of_number(context.arguments.get("operation", context.operation_id))


def _keep(move: Move, pause: Pause) -> None:
    if pause.parts:
        keeping.note(move, pause_ms=pause.milliseconds, pause_parts=list(pause.parts.items()))


_LONG: Mapping[str, Any] = {"timeout_seconds": 30 * DAY, "attempts": 1000}
STEPS: Mapping[str, Step] = {
    "prepare": Step(run=prepare, undo=undo, attempts=20, timeout_seconds=600),
    "copy": Step(run=copy, **_LONG),
    "catch-up": Step(run=catch_up, **_LONG),
    "compare": Step(run=compare, **_LONG),
    "reverse-prepare": Step(run=reverse_prepare, attempts=20, timeout_seconds=3600),
    "cutover": Step(run=cutover, attempts=1000, timeout_seconds=3600),
    "follow": Step(run=follow, cancellable=False, **_LONG),
    "finish": Step(run=finish, cancellable=False, **_LONG),
}
BACK_STEPS: Mapping[str, Step] = {
    "compare": Step(run=back_compare, undo=back_undo, **_LONG),
    "cutover": Step(run=back_cutover, attempts=1000, timeout_seconds=3600),
    "follow": Step(run=back_follow, cancellable=False, **_LONG),
}
FINISH_STEPS: Mapping[str, Step] = {"finish": Step(run=finish, cancellable=False, **_LONG)}
