"""Whole rows as the sender has them now, where a change alone does not say what a row is.

Such a row is newer than the stream. Where another row of the tenant holds a value here that has to be unique and is
this row's now, that other row is older, and its own change is still to come: it gives way."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from novaops.operations.contract import PermanentProblem
from shards.clients.postgres import Session
from shards.moves.applying import statements
from shards.moves.applying.changes import Key, Values
from shards.moves.applying.problems import told_by
from shards.moves.streams import Stream
from shards.moves.tables import Table

FETCH_SECONDS = 20.0
INSERTED = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint AS position"
RAISE = """
    UPDATE novaops_schema.arrivals
    SET strict_from = greatest(strict_from, '0/0'::pg_lsn + %s)
    WHERE stream = %s
"""
TAKEN = (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation)
# Of a unique index or an exclusion constraint: what may not come twice, and by which operators that is told.
INDEX = """
    SELECT home.nspname AS schema, held.relname AS name, indnullsnotdistinct AS nulls_too,
        pg_get_expr(indpred, indrelid) AS condition,
        ARRAY(
            SELECT pg_get_indexdef(indexrelid, n, true) FROM generate_series(1, indnkeyatts) AS n ORDER BY n
        ) AS parts,
        ARRAY(
            SELECT format('OPERATOR(%%I.%%s)', nspname, oprname)
            FROM unnest(conexclop) WITH ORDINALITY AS one (operator, n)
            JOIN pg_operator ON pg_operator.oid = operator JOIN pg_namespace ON pg_namespace.oid = oprnamespace
            ORDER BY n
        ) AS operators
    FROM pg_index
    JOIN pg_class AS index ON index.oid = indexrelid
    JOIN pg_namespace ON pg_namespace.oid = index.relnamespace
    JOIN pg_class AS held ON held.oid = indrelid
    JOIN pg_namespace AS home ON home.oid = held.relnamespace
    LEFT JOIN pg_constraint ON conindid = indexrelid AND contype = 'x'
    WHERE pg_namespace.nspname = %s AND index.relname = %s
"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`values` is None where the row is gone. All that was committed before `position` may be in it."""

    values: Values | None
    position: int


def as_text(table: Table) -> list[sql.Composable]:
    """What to SELECT, for values as the statements of a table take them."""
    return [sql.SQL("{0}::text AS {0}").format(sql.Identifier(column.name)) for column in table.written]


def fetch(sender: Session, stream: Stream, table: Table, key: Key) -> Fetched:
    """The row as it is now, as text."""
    query = statements.chosen(table, as_text(table))
    sender.deadline = time.monotonic() + FETCH_SECONDS
    with told_by(f"The leader of {stream.sender}"):
        found = sender.execute(query, key).fetchone()
        after = sender.execute(INSERTED).fetchone()
    assert after is not None, "a SELECT without FROM has a row"
    return Fetched(found, int(after["position"]))


def replace(receiver: Session, stream: Stream, table: Table, key: Key, values: Values | None) -> None:
    """Inside a transaction: the row is so now, or gone. What holds its unique values gives way."""
    receiver.execute(statements.delete(table), tuple(statements.array([value]) for value in key))
    if values is not None:
        write(receiver, stream, table, [values])


def write(receiver: Session, stream: Stream, table: Table, several: Sequence[Values]) -> None:
    """Inside a transaction: rows that are newer than all that is there. What holds their unique values gives way."""
    try:
        with receiver.transaction():
            receiver.execute(
                statements.insert(table),
                tuple(statements.array([values[column.name] for values in several]) for column in table.written),
            )
    except TAKEN as problem:
        if len(several) == 1:
            _give_way(receiver, stream, table, several[0], problem)
            write(receiver, stream, table, several)
        else:
            half = len(several) // 2
            write(receiver, stream, table, several[:half])
            write(receiver, stream, table, several[half:])


def _give_way(receiver: Session, stream: Stream, table: Table, values: Values, problem: psycopg.Error) -> None:
    index = receiver.execute(INDEX, (problem.diag.schema_name, problem.diag.constraint_name)).fetchone()
    if index is not None:
        same = " = " if not index["nulls_too"] else " IS NOT DISTINCT FROM "
        operators = index["operators"] or [same] * len(index["parts"])
        query = statements.holders(
            table, index["schema"], index["name"], zip(index["parts"], operators, strict=True), index["condition"]
        )
        written = tuple(values[column.name] for column in table.written)
        tenant = (stream.tenant_id,) if table.shared else ()
        if receiver.execute(query, (*written, *tenant)).rowcount:
            return
    raise PermanentProblem(
        f"{table.full_name} on {stream.receiver}: a row of the tenant cannot be written, because another that is not"
        f" its own holds a value that has to be unique ({problem.diag.constraint_name})."
    )
