"""What a test does on a real shard beside the console: a session of its own, and steps as workers carry them out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from novaops.operations.contract import Lock, StepContext
from shards.fences import console_id
from shards.partitions.leader import find


@contextmanager
def session(shard: str, database: str = "") -> Iterator[psycopg.Connection[Any]]:
    """On the shard's leader, in autocommit, as the console's role; inside a fleet. The fences that operations of the
    test left behind are gone afterwards: a test's control database does not live long enough to need them."""
    found = find(shard)
    with psycopg.connect(
        host=found.host,
        port=found.port,
        dbname=database or found.database,
        user=found.login.username,
        password=found.login.password,
        autocommit=True,
        connect_timeout=5,
    ) as connection:
        try:
            yield connection
        finally:
            if not database:
                connection.execute("DELETE FROM novaops_schema.fences WHERE console = %s", (console_id(),))


def context(shard: str, token: int = 1, operation: int = 1, arguments: Mapping[str, Any] | None = None) -> StepContext:
    """What a worker with this token gives a step; progress goes nowhere."""
    return StepContext(
        operation,
        token,
        {"shard": shard, **(arguments or {})},
        lambda done, total, note: None,
        lambda line: None,
        locks=(Lock("shard", shard),),
    )
