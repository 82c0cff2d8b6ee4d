"""Writing on a shard, in whichever of its databases, under the operation's fence."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from novaops.operations.contract import StepContext
from shards.clients.postgres import Session
from shards.fences import IDLE_SECONDS, limit, writing
from shards.leftovers.databases import session_in
from shards.partitions.leader import find, session_on

STEP_SECONDS = 45.0
WRITE_SECONDS = 30


@contextmanager
def acting(context: StepContext, database: str = "") -> Iterator[Session]:
    """A transaction on the shard's leader. In another database than that of the fences it is one of its own, while the
    shard's keeps the fence: no newer worker passes it before this one has ended."""
    with reading(context, database) as (main, session), _fenced(context, main, session):
        if session is main:
            yield session
            return
        with session.transaction():
            limit(session, WRITE_SECONDS)
            yield session


@contextmanager
def acting_apart(context: StepContext, database: str) -> Iterator[Session]:
    """The same for what PostgreSQL allows in no transaction: a session beside the one that keeps the fence."""
    with reading(context, database, apart=True) as (main, session), _fenced(context, main, session):
        yield session


def _fenced(context: StepContext, main: Session, session: Session) -> AbstractContextManager[None]:
    """While another session works, the one that keeps the fence is idle, for as long as that may take."""
    idle = IDLE_SECONDS if session is main else WRITE_SECONDS + IDLE_SECONDS
    return writing(main, context, WRITE_SECONDS, idle)


@contextmanager
def reading(context: StepContext, database: str = "", apart: bool = False) -> Iterator[tuple[Session, Session]]:
    """A session in the shard's database, and one in the other, which is the same where they are one."""
    shard = context.arguments["shard"]
    with session_on(shard, STEP_SECONDS) as main:
        wanted = database or main.info.dbname
        leader = find(shard)
        with session_in(main, leader, wanted, STEP_SECONDS, apart=apart) as session:
            yield main, session
