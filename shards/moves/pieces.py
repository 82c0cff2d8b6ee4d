"""Chunks of hypertables on the shard that sends, followed by a stream. A publication takes those that are there when it
is made; one that comes later is added to it, and its rows are fetched once; the rows of one that was dropped go.

Nothing is taken on trust from the publication: what is followed stands in `arrival_pieces` of the receiver,
written in the transaction that fetched the rows. docs/decisions/0015 says why it is done so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from psycopg import sql

from novaops.operations.contract import PermanentProblem
from shards.clients.postgres import Session
from shards.moves.catalog import statement
from shards.moves.streams import Stream
from shards.moves.tables import Engine, Table

Name = tuple[str, str]
READ = """
    SELECT table_name AS "table", piece_schema AS schema, piece_name AS name, lower, upper, state
    FROM novaops_schema.arrival_pieces WHERE stream = %s
"""
NOTE = """
    INSERT INTO novaops_schema.arrival_pieces (stream, table_name, piece_schema, piece_name, lower, upper, state)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (stream, piece_schema, piece_name) DO UPDATE SET state = excluded.state
"""
PUBLISHED = """
    SELECT home.nspname || '.' || root.relname AS table_name, n.nspname::text AS schema, piece.relname::text AS name
    FROM pg_publication_rel r
    JOIN pg_publication p ON p.oid = r.prpubid
    JOIN pg_class piece ON piece.oid = r.prrelid AND NOT piece.relispartition
    JOIN pg_namespace n ON n.oid = piece.relnamespace
    JOIN pg_inherits ON inhrelid = piece.oid
    JOIN pg_class root ON root.oid = inhparent
    JOIN pg_namespace home ON home.oid = root.relnamespace
    WHERE p.pubname = %s
"""


class State(StrEnum):
    COMING = "coming"
    HERE = "here"
    GONE = "gone"


@dataclass(slots=True)
class Piece:
    """A chunk of the table of that full name, with its range of the column that the table is cut along, as text; None
    where it is open."""

    table: str
    schema: str
    name: str
    lower: str | None
    upper: str | None
    state: State = State.COMING

    @property
    def key(self) -> Name:
        return self.schema, self.name

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def there(sender: Session, tables: Sequence[Table]) -> set[Name]:
    """The chunks that the tables have now. PermanentProblem when one is compressed: its rows are elsewhere, and what
    is written to it is told of otherwise."""
    return {(row["schema"], row["name"]) for row in _asked(sender, tables)}


def described(sender: Session, tables: Sequence[Table], names: Iterable[Name]) -> list[Piece]:
    """Those of them that are still there."""
    wanted = set(names)
    if not wanted:
        return []
    return _described(sender, [row for row in _asked(sender, tables) if (row["schema"], row["name"]) in wanted])


def published(sender: Session, stream: Stream) -> list[Piece]:
    """Those that the stream's publication has."""
    return _described(sender, sender.execute(PUBLISHED, (stream.name,)).fetchall())


def known(receiver: Session, stream: Stream) -> dict[Name, Piece]:
    pieces = [Piece(**{**row, "state": State(row["state"])}) for row in receiver.execute(READ, (stream.name,))]
    return {piece.key: piece for piece in pieces}


def note(receiver: Session, stream: Stream, piece: Piece, state: State) -> None:
    """Inside a fenced transaction."""
    values = (piece.table, piece.schema, piece.name, piece.lower, piece.upper, state.value)
    receiver.execute(NOTE, (stream.name, *values))


def rows_of(table: Table, piece: Piece) -> tuple[sql.Composed, dict[str, Any]]:
    """What chooses the tenant's rows in the range of the chunk, with all its parameters but `tenant`."""
    column = table.column(table.along)
    kind = sql.SQL("bigint" if "int" in column.type else column.type)
    parts: list[sql.Composable] = [table.mine]
    parameters: dict[str, Any] = {}
    for name, sign, bound in (("lower", ">=", piece.lower), ("upper", "<", piece.upper)):
        if bound is not None:
            parts.append(
                sql.SQL("{} {} {}::{}").format(sql.Identifier(table.along), sql.SQL(sign), sql.Placeholder(name), kind)
            )
            parameters[name] = bound
    return sql.SQL("(") + sql.SQL(" AND ").join(parts) + sql.SQL(")"), parameters


def _asked(sender: Session, tables: Sequence[Table]) -> list[dict[str, Any]]:
    roots = [table.identifier.as_string(sender) for table in tables if table.engine is Engine.HYPERTABLE]
    rows = sender.execute(statement("pieces"), {"roots": roots}).fetchall() if roots else []
    compressed = next((row for row in rows if row["compressed"]), None)
    if compressed is not None:
        raise PermanentProblem(
            f"{compressed['table_name']}: the chunk {compressed['name']} was compressed while its tenant was moved:"
            " decompress it, and end the compression policy."
        )
    return rows


def _described(sender: Session, rows: Sequence[dict[str, Any]]) -> list[Piece]:
    if not rows:
        return []
    tables = {(row["schema"], row["name"]): row["table_name"] for row in rows}
    asked = {"schemas": [schema for schema, _ in tables], "names": [name for _, name in tables]}
    ranges = sender.execute(statement("piece_ranges"), asked)
    return [Piece(table=tables[row["schema"], row["name"]], **row) for row in ranges]
