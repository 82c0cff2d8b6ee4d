"""What ends an applier, as problems of an operation's step."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import psycopg2

from novaops.operations.contract import PermanentProblem, TransientProblem
from shards.decoding.pgoutput import Unreadable
from shards.partitions.leader import problem_of


class Diverged(PermanentProblem):
    """A change did not find exactly its row: the two sides differ. `key` in the order of the table's key."""

    def __init__(self, table: str, key: tuple[str, ...], what: str) -> None:
        super().__init__(f"{table} ({', '.join(key)}): {what}.")
        self.table, self.key, self.what = table, key, what


class Late(TransientProblem, TimeoutError):
    """What was waited for did not come in time."""


@contextmanager
def told_by(server: str) -> Iterator[None]:
    """Errors of psycopg and psycopg2 are those of this server."""
    try:
        yield
    except psycopg.Error as problem:
        raise problem_of(server, problem) from problem
    except (psycopg2.Error, Unreadable) as problem:
        kind = TransientProblem if isinstance(problem, psycopg2.Error) and _passes(problem) else PermanentProblem
        raise kind(f"{server}: {' '.join(str(problem).split())}") from problem


def _passes(problem: psycopg2.Error) -> bool:
    """Where a connection breaks in the middle of a stream, psycopg2 knows neither a kind nor a code of the error."""
    nameless = problem.pgcode is None and type(problem) is psycopg2.DatabaseError
    return nameless or isinstance(problem, psycopg2.OperationalError | psycopg2.InterfaceError)
