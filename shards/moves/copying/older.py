"""Sessions of a worker that was replaced: frozen in the middle of a part, it would keep its locks for as long as it is
frozen. No timeout of the server ends a COPY that waits for its client, so whoever goes on does."""

from psycopg import sql

from novaops.operations.contract import StepContext
from shards.clients.postgres import Session
from shards.moves.streams import Stream

END_MILLISECONDS = 5000
END = """
    SELECT pg_terminate_backend(pid, %(wait)s) AS ended FROM pg_stat_activity
    WHERE application_name LIKE %(prefix)s || '%%' AND pid <> pg_backend_pid()
        AND substr(application_name, length(%(prefix)s) + 1)::bigint < %(token)s
"""


def prefix_of(stream: Stream) -> str:
    return f"novaops copy {stream.name} "


def name_session(session: Session, context: StepContext, stream: Stream) -> None:
    """Until it is given back: by its name, a later worker knows that it is an earlier one's."""
    name = sql.Literal(f"{prefix_of(stream)}{context.fencing_token}"[:63])
    session.execute(sql.SQL("SET application_name = {}").format(name))


def end_older(session: Session, context: StepContext, stream: Stream) -> int:
    """Ends, on this shard, what workers with lower tokens copy for the stream; how many sessions those were. To be
    called before the first fence, which would wait for them."""
    context.hold()
    named = {"wait": END_MILLISECONDS, "prefix": prefix_of(stream), "token": context.fencing_token}
    return len(session.execute(END, named).fetchall())
