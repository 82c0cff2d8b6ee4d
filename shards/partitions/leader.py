"""The leader of a shard, found by asking its members: DDL goes there and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target
from novaops.operations.contract import PermanentProblem, TransientProblem
from shards.clients.postgres import Session, sessions
from shards.exceptions import NoAnswer, ShardError

ASK_SECONDS = 3.0


class NoLeader(Exception):
    """Which members were asked, and what each said: a sentence."""


def find(shard: str) -> Target:
    """The member that takes writes; NoLeader with every member's answer when there is none."""
    said: list[str] = []
    for target in targets("postgres"):
        if target.shard != shard:
            continue
        try:
            if _takes_writes(target):
                return target
            said.append(f"{target.name} is a replica.")
        except ShardError as problem:
            said.append(f"{target.name}: {problem}")
    raise NoLeader(f"No leader of {shard} answered. {' '.join(said)}" if said else f"{shard} has no member.")


def _takes_writes(target: Target) -> bool:
    with sessions.open(target, ASK_SECONDS) as session:
        row = session.execute("SELECT NOT pg_is_in_recovery() AS leads").fetchone()
    return bool(row and row["leads"])


# Worth another try: somebody else holds the lock, the leader has just changed or gone, or this process was held up so
# long that the server ended its transaction.
_TRANSIENT = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.QueryCanceled,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.OperationalError,
)


@contextmanager
def session_on(shard: str, timeout: float, known: Target | None = None) -> Iterator[Session]:
    """A session on the leader for at most `timeout` seconds, whose problems are those of an operation's step. Who
    looked for the leader already says it: then this may be called from any thread."""
    try:
        leader = known or find(shard)
        with sessions.open(leader, timeout) as session, problems_of(leader.name):
            yield session
    except NoLeader as problem:
        raise TransientProblem(str(problem)) from problem
    except NoAnswer as problem:
        raise TransientProblem(f"The leader of {shard}: {problem}") from problem
    except ShardError as problem:
        raise PermanentProblem(f"The leader of {shard}: {problem}") from problem


@contextmanager
def problems_of(server: str) -> Iterator[None]:
    """What the server of this name answers to is a problem of an operation's step."""
    try:
        yield
    except psycopg.Error as problem:
        raise problem_of(server, problem) from problem


def problem_of(server: str, problem: psycopg.Error) -> TransientProblem | PermanentProblem:
    """As a problem of an operation's step."""
    if isinstance(problem, _TRANSIENT):
        return TransientProblem(f"{server}: {_said(problem)}")
    return PermanentProblem(f"{server} refused: {_said(problem)}")


def _said(problem: psycopg.Error) -> str:
    """The server's sentence and its detail, without its context."""
    diagnosis = problem.diag
    text = ". ".join(part.rstrip(".") for part in (diagnosis.message_primary, diagnosis.message_detail) if part)
    return f"{text or ' '.join(str(problem).split())}."
