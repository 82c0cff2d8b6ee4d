"""PostgreSQL, with a deadline that also holds against a server that is connected and silent."""

import select
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.rows import DictRow, dict_row

from novaops.inventory.targets import Target
from novaops.inventory.tls import libpq
from shards.exceptions import NoAnswer, Refused

T = TypeVar("T")
# Kept connections are closed after this many seconds, so that a re-pointed address is noticed.
KEPT_SECONDS = 300.0
WAIT_SECONDS = 0.1


class Session(psycopg.Connection[DictRow]):
    """A connection whose every wait ends at `deadline` (monotonic seconds)."""

    deadline: float = float("inf")
    opened: float = 0.0

    def wait(self, gen: Generator[Any, Any, T], interval: float = WAIT_SECONDS, timeout: float | None = None) -> T:
        return super().wait(_until(gen, self), WAIT_SECONDS)


def _until(gen: Generator[Any, Any, T], session: Session) -> Generator[Any, Any, T]:
    """The same generator, ended at the deadline: psycopg comes back to it at least every `WAIT_SECONDS`."""
    ready = None
    while True:
        try:
            wanted = gen.send(ready)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        ready = yield wanted
        if time.monotonic() > session.deadline:
            session.pgconn.finish()
            raise psycopg.OperationalError("deadline")


class Sessions:
    """Idle connections by address and database, kept for the next question. Safe for threads."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str, str, str], list[Session]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def open(self, target: Target, timeout: float, database: str = "") -> Iterator[Session]:
        """A session in autocommit for at most `timeout` seconds; kept after a good use, closed after an error."""
        name = database or target.database or "postgres"
        key = (target.address, name, target.login.username, target.login.password)
        started = time.monotonic()
        session = self._take(key) or connect(target, timeout, name)
        session.deadline = started + timeout
        try:
            yield session
        except psycopg.Error as problem:
            session.close()
            raise explained(problem, timeout) from problem
        except BaseException:
            session.close()
            raise
        self._give_back(key, session)

    def close_all(self) -> None:
        with self._lock:
            kept = [session for sessions in self._idle.values() for session in sessions]
            self._idle.clear()
        for session in kept:
            session.close()

    def _take(self, key: tuple[str, str, str, str]) -> Session | None:
        with self._lock:
            kept = self._idle.get(key) or []
            session = kept.pop() if kept else None
        if session is None or (time.monotonic() - session.opened < KEPT_SECONDS and _usable(session)):
            return session
        session.close()
        return None

    def _give_back(self, key: tuple[str, str, str, str], session: Session) -> None:
        with self._lock:
            self._idle.setdefault(key, []).append(session)


def connect(target: Target, timeout: float, database: str) -> Session:
    """A new session in autocommit; read-only work is bounded on the server too."""
    try:
        session = Session.connect(
            host=target.host,
            port=target.port,
            dbname=database,
            user=target.login.username,
            password=target.login.password,
            connect_timeout=max(2, int(timeout)),
            application_name="novaops",
            autocommit=True,
            row_factory=dict_row,
            prepare_threshold=None,
            **libpq(target.options),
        )
    except psycopg.Error as problem:
        raise explained(problem, timeout) from problem
    session.opened = time.monotonic()
    return session


def explained(problem: psycopg.Error, timeout: float) -> NoAnswer | Refused:
    """A sentence without secrets: libpq's messages name user and host, never the password."""
    said = " ".join(str(problem).split())
    if said == "deadline" or "timeout expired" in said or "timed out" in said:
        return NoAnswer(f"No answer within {timeout:g} s.")
    if "Connection refused" in said:
        return NoAnswer("Nothing listens there (connection refused).")
    if "SSL" in said or "certificate" in said:
        return NoAnswer(f"TLS fails: {said.rsplit('failed: ', 1)[-1].rstrip('.')[:300]}.")
    if "starting up" in said or "shutting down" in said or "not yet accepting" in said:
        return NoAnswer(f"PostgreSQL does not accept connections: {_tail(said)}.")
    if isinstance(problem, psycopg.OperationalError) and problem.sqlstate is None and "FATAL" not in said:
        return NoAnswer(f"The connection was lost: {_tail(said)}.")
    return Refused(f"PostgreSQL answered: {_tail(said)}.")


def _tail(said: str) -> str:
    return said.rsplit("FATAL: ", 1)[-1].strip().rstrip(".")[:300]


def _usable(session: Session) -> bool:
    """Nothing is to be read from an idle connection, unless the server has closed it."""
    if session.closed or session.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        return False
    # Unlike select(), it also knows the descriptors of a process with more than a thousand files open.
    looked = select.poll()
    looked.register(session.fileno(), select.POLLIN)
    return not looked.poll(0)


sessions = Sessions()
