"""Parts of a table, by the order of its key: what is copied, and compared, at a time."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from novaops.operations.contract import StepContext
from shards.clients.postgres import Session
from shards.fences import writing
from shards.moves.streams import Stream
from shards.moves.tables import TENANT, Table

ROWS = 50_000
BYTES = 16 * 2**20
Bound = tuple[str, ...] | None

READ = """
    SELECT table_name, number, lower, upper, rows, bytes, copied_at IS NOT NULL AS copied,
        verified_at IS NOT NULL AS verified
    FROM novaops_schema.arrival_chunks WHERE stream = %s ORDER BY table_name, number
"""
WRITE = """
    INSERT INTO novaops_schema.arrival_chunks (stream, table_name, number, lower, upper) VALUES (%s, %s, %s, %s, %s)
"""
ADOPT = """
    INSERT INTO novaops_schema.arrival_chunks (stream, table_name, number, lower, upper, copied_at)
    VALUES (%s, %s, %s, %s, %s, now())
    ON CONFLICT DO NOTHING
"""
# A plan that was not written down is made again after a kill.
WRITE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Chunk:
    """From `lower` (inclusive) to before `upper`, both as text, a value for each column of the key; None where it is
    open. `rows` and `bytes` are those that were copied, None before."""

    table: str
    number: int
    lower: Bound = None
    upper: Bound = None
    rows: int | None = None
    bytes: int | None = None
    copied: bool = False
    verified: bool = False


def plan_chunks(
    context: StepContext, sender: Session, receiver: Session, stream: Stream, tables: Sequence[Table]
) -> tuple[Chunk, ...]:
    """Every table has at least one, also when it is empty. Planned once, all parts of a table at once: what was planned
    before stays as it is. The stream's row in `arrivals` has to be there; no transaction may be open."""
    planned = {chunk.table for chunk in chunks_of(receiver, stream)}
    found: dict[str, list[list[str]]] = {}
    began = time.monotonic()
    for table in tables:
        if table.full_name not in planned:
            found[table.full_name] = list(_bounds(context, sender, stream, table))
        if found and time.monotonic() - began > WRITE_SECONDS:
            _write(context, receiver, stream, found)
            found, began = {}, time.monotonic()
    if found:
        _write(context, receiver, stream, found)
    return chunks_of(receiver, stream)


def chunks_of(receiver: Session, stream: Stream) -> tuple[Chunk, ...]:
    rows = receiver.execute(READ, (stream.name,)).fetchall()
    return tuple(
        Chunk(
            row["table_name"],
            row["number"],
            _bound(row["lower"]),
            _bound(row["upper"]),
            row["rows"],
            row["bytes"],
            row["copied"],
            row["verified"],
        )
        for row in rows
    )


def adopt(receiver: Session, stream: Stream, chunks: Sequence[Chunk]) -> None:
    """For a receiver that has all rows already: the parts of the stream that comes from it, as copied ones. Inside a
    fenced transaction; doing it again changes nothing."""
    rows = [(stream.name, one.table, one.number, _stored(one.lower), _stored(one.upper)) for one in chunks]
    with receiver.cursor() as cursor:
        cursor.executemany(ADOPT, rows)


def condition(table: Table, chunk: Chunk) -> tuple[sql.Composed, dict[str, Any]]:
    """What chooses the tenant's rows of the chunk through the key's index, with all its parameters but `tenant`.

    Columns that have one value in the whole chunk are compared by themselves: of a comparison of rows, PostgreSQL's
    planner weighs the first column alone, and would take a chunk whose keys all begin alike for the whole table."""
    alike = _alike(table, chunk)
    parts: list[sql.Composable] = [table.mine]
    parameters: dict[str, Any] = {}
    for number, value in enumerate(chunk.lower or ()):
        if number < alike and not (table.shared and table.key[number] == TENANT):
            parts.append(_compared(table, "=", {number: f"same_{number}"}))
            parameters[f"same_{number}"] = value
    for side, sign, bound in (("lower", ">=", chunk.lower), ("upper", "<", chunk.upper)):
        if bound is not None:
            names = {number: f"{side}_{number}" for number in range(alike, len(bound))}
            parts.append(_compared(table, sign, names))
            parameters.update({name: bound[number] for number, name in names.items()})
    return sql.SQL("(") + sql.SQL(" AND ").join(parts) + sql.SQL(")"), parameters


def _alike(table: Table, chunk: Chunk) -> int:
    """How many of the key's first columns have one value in all rows of the chunk; never all of them."""
    if chunk.lower is None or chunk.upper is None:
        return int(table.shared and table.key[:1] == (TENANT,) and len(table.key) > 1)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(chunk.lower, chunk.upper, strict=True))
    return min(len(list(same)), len(table.key) - 1)


def _compared(table: Table, sign: str, names: Mapping[int, str]) -> sql.Composed:
    """`names`: the parameter for each of some columns of the key, by their number."""
    columns = [table.key[number] for number in names]
    values = [
        sql.SQL("{}::{}").format(sql.Placeholder(name), sql.SQL(table.column(column).type))
        for name, column in zip(names.values(), columns, strict=True)
    ]
    mine = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("({}) {} ({})").format(mine, sql.SQL(sign), sql.SQL(", ").join(values))


def by_index(session: Session) -> None:
    """For the transaction that the session is in: parts are found through the key's index. The receiver's statistics
    still tell of empty tables, and the sender's know little of one tenant in a large table: each part would be
    looked for in all of it. Without an index, the plan costs so much by this that PostgreSQL would compile it."""
    session.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")


def in_order(session: Session) -> None:
    """The same, and the rows come in the order of the key. In the order in which they lie they would split pages of the
    receiver's index in halves: a quarter more WAL, and a fifth more processor time over both shards."""
    by_index(session)
    session.execute("SET LOCAL enable_bitmapscan = off")


def stride(sender: Session, table: Table) -> int:
    """Rows of a chunk: fewer where they are large, by the table's size and PostgreSQL's estimate of its rows."""
    row = sender.execute(
        "SELECT coalesce(sum(pg_table_size(c.oid)) / nullif(sum(greatest(c.reltuples, 0)), 0), 0)::float8 AS width"
        " FROM pg_class c WHERE c.oid = %(table)s::regclass"
        " OR c.oid IN (SELECT relid FROM pg_partition_tree(%(table)s::regclass))"
        " OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %(table)s::regclass)",
        {"table": table.identifier.as_string(sender)},
    ).fetchone()
    width = row["width"] if row else 0
    return max(1, min(ROWS, int(BYTES / width) if width else ROWS))


def _bounds(context: StepContext, sender: Session, stream: Stream, table: Table) -> Iterator[list[str]]:
    """Where one chunk ends and the next begins: each stride of the key's index is a short transaction."""
    rows = stride(sender, table)
    lower: list[str] | None = None
    number = 0
    while True:
        context.progress(number, None, f"Looking for the parts of {table.full_name}.")
        with sender.transaction():
            lower = _next(sender, stream, table, lower, rows)
        if lower is None:
            return
        yield lower
        number += 1


def _next(sender: Session, stream: Stream, table: Table, lower: list[str] | None, rows: int) -> list[str] | None:
    """The key that lies so many rows after `lower`; None when there are no more than that."""
    for way in ("enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort"):
        sender.execute(sql.SQL("SET LOCAL {} = off").format(sql.Identifier(way)))
    chosen, parameters = condition(table, Chunk(table.full_name, 0, tuple(lower) if lower else None))
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    # The rows that are passed by are not written as text: what a subquery with a limit gives is one row.
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in table.key)
    query = sql.SQL(
        "SELECT ARRAY[{}] AS key FROM (SELECT {} FROM {}{} WHERE {} ORDER BY {} OFFSET {} LIMIT 1) AS next"
    ).format(texts, key, only(table), table.identifier, chosen, key, sql.Literal(rows))
    row = sender.execute(query, {**parameters, "tenant": stream.tenant_id}).fetchone()
    return row["key"] if row else None


def only(table: Table) -> sql.SQL:
    """Before the name of a table whose own rows are meant."""
    return sql.SQL("") if table.divided else sql.SQL("ONLY ")


def _write(context: StepContext, receiver: Session, stream: Stream, found: dict[str, list[list[str]]]) -> None:
    """`found`: where the parts of each table begin and end."""
    rows = [
        (stream.name, name, number, lower, upper)
        for name, bounds in found.items()
        for number, (lower, upper) in enumerate(pairwise([None, *map(Jsonb, bounds), None]))
    ]
    with writing(receiver, context), receiver.cursor() as cursor:
        cursor.executemany(WRITE, rows)


def _bound(stored: Sequence[str] | None) -> Bound:
    return None if stored is None else tuple(stored)


def _stored(bound: Bound) -> Jsonb | None:
    return None if bound is None else Jsonb(list(bound))
