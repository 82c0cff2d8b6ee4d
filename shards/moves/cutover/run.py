"""The cutover: whether it is decided already, and attempts until a pause was short enough."""

import time
import uuid
from collections.abc import Sequence

import psycopg

from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem
from shards import fences
from shards.moves import keeping
from shards.moves.cutover import opening
from shards.moves.cutover.once import Ready, attempt
from shards.moves.cutover.pause import Pause, PauseTooLong
from shards.moves.cutover.readiness import approach, ready
from shards.moves.models import Move
from shards.moves.sessions import receiving, sending
from shards.moves.streams import Stream
from shards.moves.tables import Table

TRIES = 12
SESSION_SECONDS = 30.0
AGAIN_SECONDS = 0.25


def is_decided(context: StepContext, stream: Stream, epoch: int) -> bool:
    """Whether the tenant has left the sender for epoch + 1. If not, nothing stands open on the receiver either."""
    with sending(stream, SESSION_SECONDS) as sender:
        if opening.decided(sender, context, stream, epoch + 1):
            return True
    with receiving(stream, SESSION_SECONDS) as receiver:
        opening.take_back_opening(receiver, context, stream, epoch + 1)
    return False


def cut_over(
    context: StepContext, move: Move, stream: Stream, tables: Sequence[Table], epoch: int, limit: float
) -> Pause:
    """The tenant has left the sender at `epoch` for the receiver at epoch + 1. `limit` in seconds; PermanentProblem
    after some attempts that were too long, or when the last rows differ: the tenant is where it was."""
    with ready(context, stream, tables, epoch) as here:
        for number in range(1, TRIES + 1):
            approach(here, move)
            keeping.note(move, cutovers=number, waits_for="")
            try:
                pause = _once(here, limit)
            except PauseTooLong as problem:
                context.log(f"Attempt {number}: {problem} The tenant writes on where it was.")
                opening.take_back_opening(here.receiver, context, stream, epoch + 1)
                context.progress(number, TRIES, str(problem))
                time.sleep(AGAIN_SECONDS * number)  # its writers do their work meanwhile
            else:
                return pause
    raise PermanentProblem(
        f"No pause in {TRIES} was shorter than {limit * 1000:.0f} ms; {stream.tenant_id} is where it was."
    )


def _once(here: Ready, limit: float) -> Pause:
    context, stream = here.context, here.stream
    here.context.hold()
    for session in (here.sender, here.aside, here.receiver):
        session.deadline = time.monotonic() + limit + SESSION_SECONDS
    with fences.writing(here.receiver, context):
        pass  # from here on, whoever was replaced is refused there too
    try:
        return attempt(here, limit, uuid.uuid4().hex)
    except (psycopg.OperationalError, TransientProblem):
        # The answer to the commit may have been lost, not the commit.
        if is_decided(context, stream, here.epoch):
            context.log("The connection broke in the pause, after the new shard had the tenant.")
            return Pause(limit, parts={})
        raise
