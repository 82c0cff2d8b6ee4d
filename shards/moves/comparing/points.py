"""One moment on both shards: what the sender had committed before a position, and the receiver with exactly that."""

import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

import psycopg2
from psycopg import sql

from novaops.operations.contract import StepContext, TransientProblem
from shards import fences
from shards.clients.postgres import Session
from shards.decoding.replication import Replication
from shards.moves.chunks import by_index
from shards.moves.comparing.touched import FORGET_ALL
from shards.moves.sessions import receiving, replicating, sending
from shards.moves.streams import Stream
from shards.moves.tables import Engine, Table

PAIRS = 2
# A snapshot holds back vacuum: another point is taken for the parts that are left after so long.
POINT_SECONDS = 60.0
# The last parts of a point, and rows that are looked for, come after it.
SESSION_SECONDS = 20 * POINT_SECONDS
ANSWER_SECONDS = 60.0
STATEMENT_SECONDS, IDLE_SECONDS = 600, 300
# Making the slot waits for transactions of the sender that run; changes are not applied meanwhile, as they could be
# later than the point. So at first it waits for little, and longer each time, but less long than a server waits to hear
# of whoever reads a slot (wal_sender_timeout).
PATIENCE_SECONDS, MOST_PATIENCE = 5.0, 30.0
LOOK_SECONDS = 0.1
KEEP = f"SET LOCAL idle_in_transaction_session_timeout = '{SESSION_SECONDS:.0f}s'"
# Rows that came straight from the sender, and later than the point, make the receiver newer than it.
PURE = "SELECT strict_from <= '0/0'::pg_lsn + %s AS pure FROM novaops_schema.arrivals WHERE stream = %s"


class Applies(Protocol):
    """The applier, as far as comparing needs it: `until` returns when exactly the transactions committed before the
    position are applied; `follows_all`: whether it follows just the chunks that a session of the
    sender sees, without one those that are there now."""

    def step(self, seconds: float) -> object: ...

    def until(self, lsn: int) -> object: ...

    def follows_all(self, sender: Session | None = None) -> bool: ...


@dataclass(frozen=True, slots=True)
class Pair:
    """A session on each side, in transactions that see the same rows of the tenant."""

    sender: Session
    receiver: Session


@contextmanager
def one_point(
    context: StepContext,
    stream: Stream,
    tables: Sequence[Table],
    receiver: Session,
    applier: Applies,
    nothing_verified: bool,
) -> Iterator[tuple[Pair, ...]]:
    """Whatever was written before the point needs no second look when `nothing_verified`. Afterwards the applier may go
    on: the pairs see what they see."""
    with ExitStack() as stack:
        with _pure_snapshot(stack, context, stream, tables, receiver, applier) as snapshot:
            if nothing_verified:
                with fences.writing(receiver, context):
                    receiver.execute(FORGET_ALL, (stream.name,))
            ours = _exported(receiver)
            pairs = tuple(_pair(stack, stream, snapshot, ours) for _ in range(PAIRS))
            receiver.execute("COMMIT")
        yield pairs
        for pair in pairs:
            pair.sender.execute("COMMIT")
            pair.receiver.execute("COMMIT")


@contextmanager
def _pure_snapshot(
    stack: ExitStack,
    context: StepContext,
    stream: Stream,
    tables: Sequence[Table],
    receiver: Session,
    applier: Applies,
) -> Iterator[str]:
    """The sender's snapshot; the receiver has got just as far. Until the end of `stack` it stays whole."""
    patience = PATIENCE_SECONDS
    while True:
        with replicating(stream) as replication:
            made = _make(context, replication, f"{stream.name}_{secrets.token_hex(4)}", patience)
            if made is not None and _reached(made[0], stream, receiver, applier):
                with ExitStack() as held:
                    if held.enter_context(_whole(stream, tables, made[1], applier)):
                        stack.push(held.pop_all())
                        yield made[1]
                        return
        if made is None:
            _apply_for(context, applier, patience)
            patience = min(2 * patience, MOST_PATIENCE)
        else:
            applier.step(LOOK_SECONDS)


@contextmanager
def _whole(stream: Stream, tables: Sequence[Table], snapshot: str, applier: Applies) -> Iterator[bool]:
    """Whether the stream follows just those chunks that the snapshot has. As long as this lasts none is dropped: a
    snapshot does not keep the rows of a dropped table."""
    cut = [table for table in tables if table.engine is Engine.HYPERTABLE]
    if not cut:
        yield True
        return
    with sending(stream, SESSION_SECONDS) as sender:
        _see(sender, snapshot)
        sender.execute(KEEP)
        for table in cut:
            sender.execute(sql.SQL("EXPLAIN SELECT FROM {}").format(table.identifier))  # locks all of its chunks
        yield applier.follows_all(sender) and applier.follows_all()
        sender.execute("COMMIT")


def _reached(position: int, stream: Stream, receiver: Session, applier: Applies) -> bool:
    """Whether the receiver is at the position now; it is past it where rows have been fetched meanwhile."""
    applier.until(position)
    receiver.deadline = time.monotonic() + ANSWER_SECONDS
    row = receiver.execute(PURE, (position, stream.name)).fetchone()
    return bool(row and row["pure"])


def _make(context: StepContext, replication: Replication, slot: str, patience: float) -> tuple[int, str] | None:
    """None when transactions of the sender did not end in time."""
    until = time.monotonic() + patience
    with ThreadPoolExecutor(1, thread_name_prefix="point") as aside:
        made = aside.submit(replication.export, slot)
        try:
            while not _ended(made):
                context.progress(0, None, "Waiting for transactions on the old shard that began before the comparison")
                if time.monotonic() > until:
                    break
        finally:
            if not made.done():
                replication.cancel()
    try:
        return made.result()
    except psycopg2.extensions.QueryCanceledError:
        return None
    except psycopg2.Error as problem:
        raise TransientProblem(f"No consistent point could be taken: {' '.join(str(problem).split())}.") from problem


def _ended(future: Future[tuple[int, str]]) -> bool:
    try:
        future.exception(LOOK_SECONDS)
    except TimeoutError:
        return False
    return True


def _apply_for(context: StepContext, applier: Applies, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        applier.step(LOOK_SECONDS)
        context.progress(0, None, "Applying changes before the next try at a consistent point")


def _exported(receiver: Session) -> str:
    receiver.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    row = receiver.execute("SELECT pg_export_snapshot() AS name").fetchone()
    assert row is not None, "the function always answers"
    return str(row["name"])


def _pair(stack: ExitStack, stream: Stream, theirs: str, ours: str) -> Pair:
    sender = stack.enter_context(sending(stream, SESSION_SECONDS))
    receiver = stack.enter_context(receiving(stream, SESSION_SECONDS))
    _see(sender, theirs)
    _see(receiver, ours)
    return Pair(sender, receiver)


def _see(session: Session, snapshot: str) -> None:
    session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    session.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
    fences.limit(session, STATEMENT_SECONDS, IDLE_SECONDS)
    by_index(session)
