"""Before the cutover: the stream back is made and has shown that it works, while nothing depends on it yet."""

import time
import uuid
from collections.abc import Sequence

from novaops.operations.contract import StepContext, TransientProblem
from shards import fences
from shards.moves import chunks, keeping, slots
from shards.moves.applying.applier import Applier
from shards.moves.applying.problems import Late
from shards.moves.models import Move
from shards.moves.sessions import receiving, sending
from shards.moves.slots import Broken
from shards.moves.tables import Table

PROOF = "novaops proof of the way back"
PROOF_SECONDS = 20.0
SESSION_SECONDS = 120.0


def prepare_back(context: StepContext, move: Move, tables: Sequence[Table]) -> str:
    """What the new shard writes can be read there and written down on the old one."""
    out = keeping.stream_of(move)
    back = out.reversed
    with sending(back, SESSION_SECONDS) as sender, receiving(back, SESSION_SECONDS) as receiver:
        try:
            slots.establish(sender, back, tables, context)
        except Broken:
            slots.drop(back, context)
            slots.establish(sender, back, tables, context)
        with fences.writing(receiver, context):
            chunks.adopt(receiver, back, chunks.chunks_of(sender, out))
        mark = uuid.uuid4().hex
        with Applier(back, context, tables, discard=True) as applier:
            began = time.monotonic()
            sender.execute("SELECT pg_logical_emit_message(true, %s, %s)", (PROOF, mark))
            try:
                applier.until_message(PROOF, mark, began + PROOF_SECONDS)
            except Late as problem:
                raise TransientProblem(
                    f"The way back did not show within {PROOF_SECONDS:.0f} s that it works."
                ) from problem
    return f"The way back works: a message from {back.sender} was written down on {back.receiver}."
