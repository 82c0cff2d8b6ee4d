"""What a cutover uses, connected and warm before the pause; and the way up to it."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from novaops.operations.contract import PermanentProblem, StepContext
from shards import fences
from shards.moves import catalog, gates, keeping, sequences
from shards.moves.applying.applier import Applier
from shards.moves.comparing.settling import recheck
from shards.moves.cutover.once import Ready
from shards.moves.models import Move
from shards.moves.sessions import receiving, sending
from shards.moves.streams import Stream
from shards.moves.tables import Table
from shards.placement.signals import Forgetting, tenant_leaving

SESSION_SECONDS = 3600.0
NEAR_BYTES, NEAR_KEYS = 64 * 1024, 500
LONG_SECONDS = 0.5  # a transaction that is older is waited for before the pause, not in it
PATIENCE_SECONDS = 600.0
LOOK_SECONDS = 0.05


@contextmanager
def ready(context: StepContext, stream: Stream, tables: Sequence[Table], epoch: int) -> Iterator[Ready]:
    """`epoch` is the tenant's now, on the sender."""
    with ExitStack() as stack:
        sender, aside = (stack.enter_context(sending(stream, SESSION_SECONDS)) for _ in range(2))
        receiver = stack.enter_context(receiving(stream, SESSION_SECONDS))
        yield Ready(
            context=context,
            stream=stream,
            tables=tables,
            sequences=catalog.sequences_of(sender, stream),
            epoch=epoch,
            console=fences.console_id(),
            sender=sender,
            aside=aside,
            receiver=receiver,
            applier=stack.enter_context(Applier(stream, context, tables)),
            forgettings=[stack.enter_context(_closing(one)) for one in _forgettings(stream.tenant_id)],
            threads=stack.enter_context(ThreadPoolExecutor(4, thread_name_prefix="cutover")),
        )


def approach(here: Ready, move: Move) -> None:
    """Until little is left for the pause to do. PermanentProblem names what does not let it come so far."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while why := _not_yet(here, move):
        here.context.progress(0, None, why)
        keeping.note(move, waits_for=why[:200], behind_bytes=here.applier.behind_bytes)
        if time.monotonic() > deadline:
            raise PermanentProblem(f"The cutover did not come within {PATIENCE_SECONDS:.0f} s: {why}")
    sequences.follow(here.aside, here.receiver, here.sequences)


def _not_yet(here: Ready, move: Move) -> str:
    here.applier.step(LOOK_SECONDS)
    if here.applier.behind_bytes > NEAR_BYTES:
        return f"{here.applier.behind_bytes:,} bytes of changes are still to be applied."
    if not here.applier.follows_all(here.aside):
        return "A new chunk of a hypertable is still to be followed, in a moment when nobody writes to it."
    left = recheck(here.aside, here.receiver, here.context, here.stream, here.tables).left
    if left > NEAR_KEYS:
        return f"{left:,} keys are still to be compared again."
    old = [one for one in gates.inside(here.aside, here.stream.tenant_id) if one.seconds > LONG_SECONDS]
    if old:
        return f"A transaction of the tenant has not ended: {old[0]}."
    return ""


def _forgettings(tenant_id: str) -> list[Forgetting]:
    answers: Sequence[tuple[object, Any]] = tenant_leaving.send(sender=None, tenant_id=tenant_id)
    return [answer for _, answer in answers if answer is not None]


@contextmanager
def _closing(forgetting: Forgetting) -> Iterator[Forgetting]:
    try:
        yield forgetting
    finally:
        forgetting.close()
