"""Logical slots that Patroni keeps have to be on the candidate before it leads, or their readers begin anew.

Patroni copies a new one to a replica once, and restarts that replica for it: in a switchover, clients would wait for
that as well."""

import time

from novaops.inventory.targets import Target
from novaops.operations.contract import StepContext
from shards.clients.postgres import sessions
from shards.exceptions import ShardError
from shards.replication.switchover.order import ASK_SECONDS, Order, member, pause

COPY_SECONDS = 45.0
LOGICAL = "SELECT slot_name::text AS name FROM pg_replication_slots WHERE slot_type = 'logical' AND NOT temporary"


def await_copies(context: StepContext, order: Order) -> str:
    """Until the candidate has them all; what it lacks after a while is said, and does not stop the switchover."""
    candidate, started = member("postgres", order, order.candidate), time.monotonic()
    while lacks := missing(candidate, order.kept_slots):
        if time.monotonic() - started > COPY_SECONDS:
            context.log(lacks)
            return f"{lacks} Their readers may have to begin anew."
        context.progress(0, None, f"Waits: {lacks}")
        pause()
    return ""


def missing(candidate: Target, slots: tuple[str, ...]) -> str:
    """A sentence; empty when nothing is missing."""
    if not slots:
        return ""
    try:
        with sessions.open(candidate, ASK_SECONDS) as session:
            there = {str(row["name"]) for row in session.execute(LOGICAL)}
    except ShardError as problem:
        return f"{candidate.name} does not tell its slots: {problem}"
    lacking = [name for name in slots if name not in there]
    return f"Patroni has not copied {', '.join(lacking)} to {candidate.name} yet." if lacking else ""
