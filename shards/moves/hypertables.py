"""Hypertables of TimescaleDB, as its catalog tells of them, and how one is made of an empty table."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from shards.clients.postgres import Session

SQL = (Path(__file__).parent / "sql" / "hypertables.sql").read_text()
KNOWN = "SELECT to_regclass('_timescaledb_catalog.hypertable') IS NOT NULL AS known"
HOME = """
    SELECT nspname::text AS home FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
    WHERE extname = 'timescaledb'
"""
TIMES = ("timestamp with time zone", "timestamp without time zone", "date")
NUMBERS = ("smallint", "integer", "bigint")
BLOCKER = "ts_insert_blocker"


@dataclass(frozen=True, slots=True)
class Hypertable:
    """`dimensions`: by what it is cut, along a column first: its `column` and `type`, whether by a `function` of it,
    and the `length` of a chunk (microseconds of a time) or the number of `slices`."""

    name: str
    compressed: bool
    aggregated: bool
    dimensions: tuple[dict[str, Any], ...]

    @property
    def along(self) -> str:
        return str(self.dimensions[0]["column"])

    @property
    def unusable(self) -> str:
        """Why its rows cannot be moved, as the end of a sentence; empty when they can."""
        if self.compressed:
            return (
                "is compressed: end its compression policy, decompress its chunks, and set timescaledb.compress = false"
            )
        if self.aggregated:
            return "has continuous aggregates, which the new shard would not have: drop them, and make them again there"
        kind = self.dimensions[0]["type"]
        if self.dimensions[0]["function"] or kind not in (*TIMES, *NUMBERS):
            return f"is cut by a function of {self.along} ({kind}), whose ranges no condition can name"
        return ""


def hypertables_of(session: Session, schema: str) -> dict[str, Hypertable]:
    """By name; none where TimescaleDB is not installed."""
    known = session.execute(KNOWN).fetchone()
    if not known or not known["known"]:
        return {}
    rows = session.execute(SQL, {"schema": schema or "public"}).fetchall()
    return {row["name"]: Hypertable(**{**row, "dimensions": tuple(row["dimensions"])}) for row in rows}


def make(receiver: Session, schema: str, tables: dict[str, Hypertable]) -> None:
    """Inside the transaction that made the tables, which are plain ones until now, and empty. TimescaleDB follows what
    is dropped by event triggers, which a session that writes as a replica does not fire."""
    if not tables:
        return
    found = receiver.execute(HOME).fetchone()
    home = found["home"] if found else "public"
    receiver.execute("SET LOCAL session_replication_role = origin")
    for table in tables.values():
        root = sql.Identifier(schema, table.name)
        receiver.execute(sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(sql.Identifier(BLOCKER), root))
        for command in _commands(home, sql.Literal(root.as_string(receiver)), table):
            receiver.execute(command)
    receiver.execute("SET LOCAL session_replication_role = replica")


def _commands(home: str, root: sql.Literal, table: Hypertable) -> Iterator[sql.Composed]:
    first, *others = table.dimensions
    yield sql.SQL(
        "SELECT {}({}::regclass, {}::name, chunk_time_interval => {}, create_default_indexes => false)"
    ).format(sql.Identifier(home, "create_hypertable"), root, sql.Literal(first["column"]), _length(first))
    for one in others:
        how = "number_partitions" if one["slices"] else "chunk_time_interval"
        size = sql.Literal(one["slices"]) if one["slices"] else _length(one)
        yield sql.SQL("SELECT {}({}::regclass, {}::name, {} => {})").format(
            sql.Identifier(home, "add_dimension"), root, sql.Literal(one["column"]), sql.SQL(how), size
        )


def _length(dimension: dict[str, Any]) -> sql.Composable:
    return sql.SQL("{}::bigint").format(sql.Literal(dimension["length"]))
