"""A hypertable of a test's own in a tenant's schema, and what writes to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from tests import absent, on_shard
from tests.moves.flowing import Flow

DDL = """
    CREATE TABLE measured (at timestamptz NOT NULL, id integer NOT NULL, value text, PRIMARY KEY (id, at));
    SELECT public.create_hypertable('measured'::regclass, 'at'::name, chunk_time_interval => interval '1 day');
"""
INSERT = (
    "INSERT INTO measured SELECT '2026-01-01'::timestamptz + interval '1 day' * %s, n, %s FROM generate_series(1, %s) n"
)
DROP = "SELECT public.drop_chunks('measured', older_than => '2026-01-01'::timestamptz + interval '1 day' * %s)"
WHY = "TimescaleDB is not installed on the shards; Debian 13 has postgresql-17-timescaledb."


@contextmanager
def there() -> Iterator[None]:
    """Inside a fleet."""
    with on_shard.session("shard-1") as session:
        if session.execute("SELECT FROM pg_extension WHERE extname = 'timescaledb'").fetchone() is None:
            absent.leave_out(WHY)
    yield


def write(session: psycopg.Connection[Any], day: int, value: str = "", rows: int = 3) -> None:
    """Rows of that day, which is a chunk of its own."""
    session.execute(INSERT, (day, value or f"day {day}", rows))


def drop_before(session: psycopg.Connection[Any], day: int) -> None:
    session.execute(DROP, (day,))


def measured(session: psycopg.Connection[Any]) -> list[str]:
    """Its rows, as text."""
    return [row[0] for row in session.execute("SELECT one::text FROM measured AS one ORDER BY id, at")]


def chunks(session: psycopg.Connection[Any]) -> list[str]:
    """By their range."""
    rows = session.execute(
        "SELECT format('%I.%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks"
        " WHERE hypertable_name = 'measured' AND hypertable_schema = current_schema() ORDER BY range_start"
    )
    return [row[0] for row in rows]


def followed(flow: Flow, applier: Any) -> None:
    """All that was written until now is applied, of all chunks that are there."""
    now = flow.now()
    while not (applier.follows_all() and applier.applied >= now):
        applier.step(0.1)
