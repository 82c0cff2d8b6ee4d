"""Statements that take long on the shard that receives, side by side, each job in a transaction of its own."""

from collections.abc import Sequence

from psycopg import sql

from novaops.operations.contract import StepContext
from shards import fences
from shards.moves.copying.crew import Crew
from shards.moves.copying.older import name_session
from shards.moves.sessions import Leaders, leaders_of, receiving
from shards.moves.streams import Stream

JOB_SECONDS = 6 * 3600
LOOK_SECONDS = 0.3
Job = Sequence[sql.SQL | sql.Composed]


def run(context: StepContext, stream: Stream, jobs: Sequence[Job], workers: int, what: str) -> None:
    """`what` they make, in the plural. A part of them may be done when one fails."""
    leaders, console = leaders_of(stream), fences.console_id()
    with Crew(lambda job: _do(context, stream, leaders, console, job), jobs, workers) as crew:
        while crew.works(LOOK_SECONDS):
            context.progress(crew.done, crew.total, f"{crew.done} of {crew.total} {what} are made")


def _do(context: StepContext, stream: Stream, leaders: Leaders, console: str, job: Job) -> None:
    """In a thread of its own."""
    with receiving(stream, JOB_SECONDS, leaders) as session:
        name_session(session, context, stream)
        with session.transaction():
            fences.limit(session, JOB_SECONDS)
            fences.share(session, context, console)
            for statement in job:
                session.execute(statement)
