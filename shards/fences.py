"""Fences: a shard itself refuses what a worker writes that was replaced meanwhile.

Every transaction in which NovaOps writes to a shard is one of `writing`, and so begins with `fence`. It leaves one row
per lock on the shard, for good: the highest token that acted there, by which a worker that wakes up late is known."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg import errors, sql

from novaops.operations.contract import Lock, PermanentProblem, StepContext
from shards.clients.postgres import Session
from shards.marks import Mark

LOCK_SECONDS = 2
STATEMENT_SECONDS = 20
# A worker that is frozen, or whose machine is, inside a transaction would keep its locks for as long as that lasts, and
# applications waiting behind them: the server ends such a session, long before who takes over gives up.
IDLE_SECONDS = 5
FENCED = "NV001"
INSTALLED = "SELECT to_regproc('novaops_schema.fence') IS NOT NULL AS installed"
MISSING = "The data plane of {shard} has no fences yet: run manage.py dataplane migrate, then plan again."


def fence(session: Session, context: StepContext) -> None:
    """Inside the transaction that writes, before its first write. PermanentProblem when a newer worker has acted for
    one of the operation's locks; the transaction then has to end unwritten, as it does when this is not caught."""
    _ask(session, context, console_id(), b"SELECT novaops_schema.fence(%s, %s, %s, %s)")


def share(session: Session, context: StepContext, console: str) -> None:
    """`fence` for each of several transactions of one worker that write at the same time, from any thread: the step has
    called `fence` on this shard before. `console` is what `console_id` said."""
    _ask(session, context, console, b"SELECT novaops_schema.share_fence(%s, %s, %s, %s)")


def _ask(session: Session, context: StepContext, console: str, question: bytes) -> None:
    try:
        for lock in _guarded(context.locks):
            session.execute(question, (console, lock, context.fencing_token, context.operation_id))
    except (errors.UndefinedFunction, errors.InvalidSchemaName) as problem:
        raise PermanentProblem(MISSING.format(shard="the shard")) from problem
    except psycopg.DatabaseError as problem:
        if problem.sqlstate == FENCED:
            raise PermanentProblem(f"{problem.diag.message_primary}.") from problem
        raise


def _guarded(locks: Iterable[Lock]) -> list[str]:
    """In one order, so that two workers cannot wait for each other in a circle. Who holds a whole shard alone is known
    there by that: a row for each tenant that it ever wrote for would be left behind. What is shared fences nobody off:
    the newest of those that hold it would put an end to all others."""
    alone = [lock for lock in locks if not lock.shared]
    whole = [lock for lock in alone if lock.scope == "shard"]
    return sorted(map(str, whole or alone))


@contextmanager
def writing(
    session: Session, context: StepContext, seconds: int = STATEMENT_SECONDS, idle_seconds: int = IDLE_SECONDS
) -> Iterator[None]:
    """A transaction under the operation's fence, that waits for no lock longer than a moment and sees every row or
    fails: a role that row-level security applies to would take a full table for an empty one. Between two statements
    it has `idle_seconds`; whoever works in another session meanwhile says how long that takes."""
    with session.transaction():
        limit(session, seconds, idle_seconds)
        context.hold()
        fence(session, context)
        yield


def limit(session: Session, seconds: int = STATEMENT_SECONDS, idle_seconds: int = IDLE_SECONDS) -> None:
    """For the transaction that the session is in. In one round trip: many transactions begin so."""
    limits = {"lock_timeout": LOCK_SECONDS, "statement_timeout": seconds}
    limits["idle_in_transaction_session_timeout"] = idle_seconds
    settings = {**{name: f"{value}s" for name, value in limits.items()}, "row_security": "off"}
    one = sql.SQL("SET LOCAL {} = {}")
    commands = [one.format(sql.Identifier(name), sql.Literal(value)) for name, value in settings.items()]
    session.execute(sql.SQL("; ").join(commands))


def mark(context: StepContext) -> Mark:
    """Stands in the comment of what the operation makes."""
    return Mark(context.operation_id, console_id())


def installed(session: Session) -> bool:
    row = session.execute(INSTALLED).fetchone()
    return bool(row and row["installed"])


def console_id() -> str:
    """Tells this fleet, in this control database, from every other that may act on the same shard: tokens and numbers
    of operations can be compared only within one. Short, and the same for as long as the database lives."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT concat_ws('/', system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()),"
            " current_schema()) FROM pg_control_system()"
        )
        row = cursor.fetchone()
    return hashlib.sha256(str(row[0]).encode()).hexdigest()[:12]
