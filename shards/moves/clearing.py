"""Takes the tenant's rows off a shard where it is not open: the copy of a move that was given up, or what it left
behind on its old shard. In batches, each of which looks at the gate again: an open tenant never loses a row."""

from collections.abc import Sequence

from psycopg import sql

from novaops.operations.contract import PermanentProblem, StepContext
from shards import fences
from shards.clients.postgres import Session
from shards.moves import gates
from shards.moves.chunks import by_index
from shards.moves.tables import Table

BATCH = 5000
BATCH_SECONDS = 60
# Whoever opens the gate waits for the end of the batch.
CLOSED = f"SELECT gate FROM public.tenants WHERE tenant_id = %s AND {gates.CLOSED} FOR SHARE"  # noqa: S608
DELETE = """
    WITH batch AS MATERIALIZED (SELECT {key} FROM {table} WHERE {mine} LIMIT {batch})
    DELETE FROM {table} AS gone USING batch WHERE {same} AND {mine_too}
"""
FORGET = f"DELETE FROM public.tenants WHERE tenant_id = %s AND {gates.CLOSED}"  # noqa: S608


def clear_rows(session: Session, context: StepContext, tenant_id: str, tables: Sequence[Table]) -> int:
    """Deletes all of them, and says how many there were. `session` is one of `sessions.receiving`: no trigger fires.
    PermanentProblem when the tenant is open on this shard."""
    gone = 0
    for table in reversed(tables):
        while batch := _batch(session, context, tenant_id, table):
            gone += batch
            context.progress(gone, None, f"{gone:,} old rows of {tenant_id} are gone, last of {table.name}")
    return gone


def forget_tenant(session: Session, context: StepContext, tenant_id: str) -> None:
    """The shard knows of the tenant no more, when it is not open there."""
    with fences.writing(session, context):
        session.execute(FORGET, (tenant_id,))


def _batch(session: Session, context: StepContext, tenant_id: str, table: Table) -> int:
    with fences.writing(session, context, BATCH_SECONDS):
        if session.execute(CLOSED, (tenant_id,)).fetchone() is None:
            gate = gates.gate_of(session, tenant_id)
            if gate is not None:
                raise PermanentProblem(f"{tenant_id} is open on this shard: its rows are not deleted.")
        by_index(session)
        return session.execute(_statement(table), {"tenant": tenant_id}).rowcount


def _statement(table: Table) -> sql.Composed:
    key = [sql.Identifier(name) for name in table.key]
    return sql.SQL(DELETE).format(
        key=sql.SQL(", ").join(key),
        table=table.identifier,
        mine=table.mine,
        mine_too=sql.SQL("gone.tenant_id = %(tenant)s") if table.shared else sql.SQL("true"),
        batch=sql.Literal(BATCH),
        same=sql.SQL(" AND ").join(sql.SQL("gone.{0} = batch.{0}").format(name) for name in key),
    )
