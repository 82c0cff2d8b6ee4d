"""Keys that were written on the receiver since their part was compared, and whether their rows are the same now."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
FORGET = "DELETE FROM novaops_schema.arrival_touched WHERE stream = %s AND number = ANY (%s)"
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


def entries(receiver: Session, stream: Stream, limit: int | None = None) -> list[Entry]:
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


def warm(session: Session) -> None:
    """For the rest of the session: the statement of `unequal` is planned once, and then never inside a pause."""
    session.execute(WARM)


def unequal(
    sender: Session, receiver: Session, stream: Stream, tables: Sequence[Table], keys: Keys
) -> dict[str, list[Key]]:
    """Those keys whose rows are not the same on both sides now. One round trip, to both at once; sessions in
    autocommit. The statement is prepared by the first call in a session."""
    _insist_on_known(tables, keys)
    asked = _Asked(stream, tables, keys)
    with ThreadPoolExecutor(1) as aside:
        there = aside.submit(asked.hashes, sender)
        ours = asked.hashes(receiver)
        theirs = there.result()
    found: dict[str, list[Key]] = {}
    for place, number in sorted({one[:2] for one in (theirs - ours) + (ours - theirs)}):
        name = tables[place].full_name
        found.setdefault(name, []).append(keys[name][number - 1])
    return found


class _Asked:
    """One statement over all tables, the same for all keys: planned once, whatever partitions there are."""

    def __init__(self, stream: Stream, tables: Sequence[Table], keys: Keys) -> None:
        self._statement = _statement(stream, tables)
        self._name = sql.Identifier(f"novaops_touched_{_digest(self._statement)}")
        arrays = [values for table in tables for values in arrays_of(table, keys.get(table.full_name, ()))]
        self._values = sql.SQL(", ").join(map(sql.Literal, [new_seed(), *arrays]))

    def hashes(self, session: Session) -> Counter[tuple[int, int, int]]:
        """Table's place, key's number, row's hash."""
        execute = sql.SQL("EXECUTE {} ({})").format(self._name, self._values)
        try:
            cursor = session.execute(execute)
        except errors.InvalidSqlStatementName:
            warm(session)
            session.execute(sql.SQL("PREPARE {} AS {}").format(self._name, self._statement))
            cursor = session.execute(execute)
        return Counter((row["place"], row["number"], row["hash"]) for row in cursor)


def _statement(stream: Stream, tables: Sequence[Table]) -> sql.Composed:
    parts: list[sql.Composable] = []
    parameter = 2
    for place, table in enumerate(tables):
        what = sql.SQL("{} AS hash").format(row_hash(table, "compared", sql.SQL("$1::bigint")))
        arrays = [sql.SQL(f"${number}::text[]") for number in range(parameter, parameter + len(table.key))]
        parts.append(keyed(table, place, what, arrays, sql.Literal(stream.tenant_id)))
        parameter += len(table.key)
    return sql.SQL(" UNION ALL ").join(parts)


def _digest(statement: sql.Composed) -> str:
    return hashlib.sha256(statement.as_string(None).encode()).hexdigest()[:16]


def _insist_on_known(tables: Sequence[Table], keys: Keys) -> None:
    unknown = sorted(set(keys) - {table.full_name for table in tables})
    if unknown:
        raise PermanentProblem(f"Rows were written to {', '.join(unknown)}, which the shard that sends has no more.")
