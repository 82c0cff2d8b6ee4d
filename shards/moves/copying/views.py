"""Materialized views of a tenant's own schema: no stream carries their rows, so they are computed again."""

from psycopg import sql

from novaops.operations.contract import StepContext
from shards.clients.postgres import Session
from shards.moves.copying.jobs import run
from shards.moves.sessions import receiving, sending
from shards.moves.streams import Stream

READ_SECONDS = 60
# One may read from another that was made before it.
FILLED = """
    SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'm' AND c.relispopulated AND n.nspname = %s ORDER BY c.oid
"""


def refresh(context: StepContext, stream: Stream) -> int:
    """Those that have rows on the sender, and none on the receiver yet."""
    if not stream.schema_name:
        return 0
    with sending(stream, READ_SECONDS) as sender, receiving(stream, READ_SECONDS) as receiver:
        there = _filled(receiver, stream)
        missing = [name for name in _filled(sender, stream) if name not in there]
    command = sql.SQL("REFRESH MATERIALIZED VIEW {}")
    jobs = [[command.format(sql.Identifier(stream.schema_name, name))] for name in missing]
    run(context, stream, jobs, 1, "materialized views")
    return len(missing)


def _filled(session: Session, stream: Stream) -> list[str]:
    return [row["name"] for row in session.execute(FILLED, (stream.schema_name,)).fetchall()]
