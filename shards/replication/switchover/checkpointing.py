"""A checkpoint on the leader: the shutdown that follows has little left to write."""

import time

from novaops.inventory.targets import Target
from novaops.operations.contract import StepContext
from shards.clients.postgres import sessions
from shards.exceptions import ShardError
from shards.replication.switchover.kept_slots import await_copies
from shards.replication.switchover.order import Order, member

CHECKPOINT_SECONDS = 60.0
# The second, right before the pools are paused: it has only to write what came since the first.
BRIEF_SECONDS = 10.0


def checkpoint(context: StepContext) -> str:
    """A courtesy: without it the old leader's shutdown checkpoint takes longer, and nothing else is lost."""
    order = Order.of(context)
    lacking = await_copies(context, order)
    started = time.monotonic()
    context.hold()
    problem = write(member("postgres", order, order.leader), CHECKPOINT_SECONDS)
    if problem:
        context.log(f"CHECKPOINT on {order.leader}: {problem}")
        return f"No checkpoint on {order.leader}: {problem} The switchover goes on without it."
    return f"{order.leader} wrote a checkpoint in {time.monotonic() - started:.1f} s. {lacking}".strip()


def write(leader: Target, seconds: float = BRIEF_SECONDS) -> str:
    """Why there was none; empty when there was one."""
    try:
        with sessions.open(leader, seconds) as session:
            session.execute("CHECKPOINT")
    except ShardError as problem:
        return str(problem)
    return ""
