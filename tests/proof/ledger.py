"""The live system that the test kind acts on: a schema of a real PostgreSQL that counts every effect it ever had.

It refuses a fencing token lower than one it has seen, as a system does that can tell an old worker from a new one."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

ADDRESS = "NOVAOPS_PROOF_LEDGER"
"""The environment variable with the address of the PostgreSQL; workers inherit it."""

MAKE = """
CREATE SCHEMA {schema};
CREATE TABLE {schema}.effects (number bigint GENERATED ALWAYS AS IDENTITY, step text, way text, token bigint);
CREATE TABLE {schema}.standing (step text);
CREATE TABLE {schema}.fence (token bigint);
INSERT INTO {schema}.fence VALUES (0);
"""


Session = psycopg.Connection[tuple[str, str]]


class OldToken(Exception):
    """A worker that was replaced wanted to act."""


@dataclass(frozen=True, slots=True)
class Ledger:
    schema: str

    def make(self) -> None:
        session().execute(sql.SQL(MAKE).format(schema=sql.Identifier(self.schema)))

    def drop(self) -> None:
        session().execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(self.schema)))

    def do(self, step: str, token: int) -> None:
        """The effect, however often it is called: that it happens once is up to the caller, and what is proven."""
        with self._fenced(token) as session:
            session.execute("INSERT INTO standing VALUES (%s)", [step])
            session.execute("INSERT INTO effects (step, way, token) VALUES (%s, 'do', %s)", [step, token])

    def undo(self, step: str, token: int) -> None:
        """Takes away what stands; where nothing does, nothing happens."""
        with self._fenced(token) as session:
            if session.execute("DELETE FROM standing WHERE step = %s", [step]).rowcount:
                session.execute("INSERT INTO effects (step, way, token) VALUES (%s, 'undo', %s)", [step, token])

    def standing(self) -> list[str]:
        with self._inside() as session:
            return [row[0] for row in session.execute("SELECT step FROM standing ORDER BY step").fetchall()]

    def effects(self) -> Counter[tuple[str, str]]:
        """How often each step was done and undone, by (step, way)."""
        with self._inside() as session:
            return Counter((row[0], row[1]) for row in session.execute("SELECT step, way FROM effects").fetchall())

    @contextmanager
    def _fenced(self, token: int) -> Iterator[Session]:
        with self._inside() as session:
            if not session.execute("UPDATE fence SET token = %s WHERE token <= %s", [token, token]).rowcount:
                raise OldToken(f"{token} is lower than a token that {self.schema} has seen.")
            yield session

    @contextmanager
    def _inside(self) -> Iterator[Session]:
        """A transaction that names this schema's tables."""
        found = session()
        with found.transaction():
            found.execute("SELECT set_config('search_path', %s, true)", [self.schema])
            yield found


_open: dict[int, Session] = {}


def session() -> Session:
    """This process' own, opened anew when the server has gone meanwhile."""
    found = _open.get(os.getpid())
    try:
        if found is not None:
            found.execute("SELECT 1")
            return found
    except psycopg.OperationalError:
        pass
    _open[os.getpid()] = opened = psycopg.connect(os.environ[ADDRESS], autocommit=True, connect_timeout=5)
    return opened
