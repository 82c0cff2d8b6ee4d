"""Keys that were written on the receiver since their part was compared, and whether their rows are the same now."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from psycopg import errors, sql

from novaops.operations.contract import PermanentProblem
from shards.clients.postgres import Session
from shards.moves.comparing.hashing import new_seed
from shards.moves.comparing.images import row_hash
from shards.moves.comparing.keyed import Key, arrays_of, keyed
from shards.moves.streams import Stream
from shards.moves.tables import Table

READ = """
    SELECT number, table_name, keys FROM novaops_schema.arrival_touched WHERE stream = %s ORDER BY number LIMIT %s
"""
# A row for each table, however many entries there are: inside the pause each row costs.
ALL = """
    SELECT table_name, jsonb_agg(keys) AS several FROM novaops_schema.arrival_touched WHERE stream = %s
    GROUP BY table_name
"""
FORGET = "DELETE FROM novaops_schema.arrival_touched WHERE stream = %s AND number = ANY (%s)"
TOUCH = "INSERT INTO novaops_schema.arrival_touched (stream, table_name, keys) VALUES (%s, %s, %s)"
FORGET_ALL = "DELETE FROM novaops_schema.arrival_touched WHERE stream = %s"
COUNT = """
    SELECT coalesce(sum(jsonb_array_length(keys)), 0)::bigint AS keys
    FROM novaops_schema.arrival_touched WHERE stream = %s
"""
Keys = Mapping[str, Sequence[Key]]


@dataclass(frozen=True, slots=True)
class Entry:
    """The keys of a table that one transaction wrote, or a part of it."""

    number: int
    table: str
    keys: tuple[Key, ...]


def all_keys(receiver: Session, stream: Stream) -> dict[str, list[Key]]:
    """By table, each once; of all entries."""
    return {
        row["table_name"]: list(dict.fromkeys(tuple(key) for keys in row["several"] for key in keys))
        for row in receiver.execute(ALL, (stream.name,))
    }


def entries(receiver: Session, stream: Stream, limit: int) -> list[Entry]:
    """The oldest first."""
    rows = receiver.execute(READ, (stream.name, limit))
    return [Entry(row["number"], row["table_name"], tuple(map(tuple, row["keys"]))) for row in rows]


def keys_of(several: Iterable[Entry]) -> dict[str, list[Key]]:
    """By table, each once."""
    found: dict[str, dict[Key, None]] = {}
    for entry in several:
        found.setdefault(entry.table, {}).update(dict.fromkeys(entry.keys))
    return {table: list(keys) for table, keys in found.items()}


# One plan for all keys, which is that of a large table, however small a partition is.
WARM = "SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false)"
SUM = (
    "SELECT count(*) AS rows, sum(hashtextextended(concat_ws(':', place, number, hash), $1)) AS sum FROM ({}) AS found"
)


def warm(session: Session) -> None:
    """For the rest of the session: the statement of `unequal` is planned once, and then never inside a pause."""
    session.execute(WARM)


def unequal(
    sender: Session, receiver: Session, stream: Stream, tables: Sequence[Table], keys: Keys
) -> dict[str, list[Key]]:
    """Those keys whose rows are not the same on both sides now. One round trip when all are, to both at once; sessions
    in autocommit. Its statement is prepared by the first call in a session."""
    _insist_on_known(tables, keys)
    arrays = [values for table in tables for values in arrays_of(table, keys.get(table.full_name, ()))]
    values = sql.SQL(", ").join(map(sql.Literal, [new_seed(), *arrays])).as_string(receiver)
    sums, rows = _statements(stream, tuple(tables))
    theirs, ours = _both(sender, receiver, sums, values)
    if theirs == ours:
        return {}
    theirs, ours = _both(sender, receiver, rows, values)
    found: dict[str, list[Key]] = {}
    for place, number in sorted({one[:2] for one in (theirs - ours) + (ours - theirs)}):
        name = tables[place].full_name
        found.setdefault(name, []).append(keys[name][number - 1])
    return found


@dataclass(frozen=True, slots=True)
class _Statement:
    name: str
    text: str

    def execute(self, session: Session, values: str) -> Counter[tuple[Any, ...]]:
        execute = f'EXECUTE "{self.name}" ({values})'.encode()
        try:
            cursor = session.execute(execute)
        except errors.InvalidSqlStatementName:
            warm(session)
            session.execute(f'PREPARE "{self.name}" AS {self.text}'.encode())
            cursor = session.execute(execute)
        return Counter(tuple(row.values()) for row in cursor)


def _both(
    sender: Session, receiver: Session, statement: _Statement, values: str
) -> tuple[Counter[tuple[Any, ...]], Counter[tuple[Any, ...]]]:
    with ThreadPoolExecutor(1) as aside:
        theirs = aside.submit(statement.execute, sender, values)
        ours = statement.execute(receiver, values)
        return theirs.result(), ours


@lru_cache(maxsize=16)
def _statements(stream: Stream, tables: tuple[Table, ...]) -> tuple[_Statement, _Statement]:
    """For keys of any of the tables: a sum over all their rows, and the rows, as place of the table, number of the key,
    hash."""
    parts: list[sql.Composable] = []
    parameter = 2
    for place, table in enumerate(tables):
        what = sql.SQL("{} AS hash").format(row_hash(table, "compared", sql.SQL("$1::bigint")))
        arrays = [sql.SQL(f"${number}::text[]") for number in range(parameter, parameter + len(table.key))]
        parts.append(keyed(table, place, what, arrays, sql.Literal(stream.tenant_id)))
        parameter += len(table.key)
    rows = sql.SQL(" UNION ALL ").join(parts)
    return _named(sql.SQL(SUM).format(rows)), _named(rows)


def _named(statement: sql.Composed) -> _Statement:
    text = statement.as_string(None)
    return _Statement(f"novaops_touched_{hashlib.sha256(text.encode()).hexdigest()[:16]}", text)


def _insist_on_known(tables: Sequence[Table], keys: Keys) -> None:
    unknown = sorted(set(keys) - {table.full_name for table in tables})
    if unknown:
        raise PermanentProblem(f"Rows were written to {', '.join(unknown)}, which the shard that sends has no more.")
