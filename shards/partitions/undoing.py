"""Taking back a partition that `partitions-create` made: only if it is empty and still as it was made.

Its comment says who made it, written in the transaction that made it, so that a partition of the same name that was
there before, or was made anew meanwhile, stays. One that has taken rows stays too: they were acknowledged."""

from psycopg import sql

from novaops.operations.contract import StepContext
from shards.clients.postgres import Session
from shards.fences import mark, writing
from shards.partitions import ddl
from shards.partitions.create_facts import Child
from shards.partitions.leader import session_on
from shards.partitions.steps import STEP_SECONDS, children, piece_of, same_range


def take_back(context: StepContext) -> str:
    arguments = context.arguments
    parent = (arguments["schema"], arguments["table"])
    with session_on(arguments["shard"], STEP_SECONDS) as session:
        # Asked first without a lock: a table that stays need not be waited for by anybody.
        reason = _why_it_stays(session, context)
        if reason:
            return reason
        with writing(session, context):
            session.execute(sql.SQL("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(*parent)))
            reason = _why_it_stays(session, context)
            if not reason:
                ddl.retire(session, parent, (arguments["partition_schema"], arguments["partition"]))
    return reason or f"{arguments['partition']} was empty and is gone again."


def _why_it_stays(session: Session, context: StepContext) -> str:
    """A sentence; empty when it may go."""
    child = children(session, context.arguments).get(context.arguments["partition"])
    if child is None:
        return f"{context.arguments['partition']} is not there."
    if child.comment != str(mark(context)) or child.kind != "r":
        return f"{child.name} was not made by this operation, and stays."
    same_range(session, child, piece_of(context.arguments))
    return f"{child.name} has taken rows, and stays." if holds_rows(session, child) else ""


def holds_rows(session: Session, child: Child) -> bool:
    table = sql.Identifier(child.schema_name, child.name)
    with session.transaction():
        session.execute("SET LOCAL row_security = off")
        row = session.execute(sql.SQL("SELECT EXISTS (SELECT FROM {}) AS holds").format(table)).fetchone()
    return bool(row and row["holds"])
