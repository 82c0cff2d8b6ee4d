"""Why a part of the change stream does not get on: sentences. It tries again by itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import psycopg2

from caching.exceptions import CacheError
from caching.library.exceptions import Unavailable
from shards.exceptions import ShardError


class StreamProblem(Exception):
    """A sentence with the cause."""


@contextmanager
def told_by(who: str) -> Iterator[None]:
    """Errors of the systems that are asked, as sentences about them."""
    try:
        yield
    except (CacheError, ShardError, Unavailable) as problem:
        raise StreamProblem(f"{who}: {problem}") from problem
    except (psycopg.Error, psycopg2.Error) as problem:
        said = " ".join(str(problem).split()) or type(problem).__name__
        if "PGRES_COPY_BOTH" in said:  # what psycopg2 says when the server ends in the middle of replication
            said = "The connection was lost."
        raise StreamProblem(f"{who}: {said[:300]}") from problem
