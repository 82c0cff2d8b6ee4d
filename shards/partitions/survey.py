"""Reads every partitioned table of one database, whoever made it. TimescaleDB and plans are detected, never assumed."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psycopg import sql

from metrics.thresholds import DEFAULT_ROWS_COUNTED
from shards.clients.postgres import Session
from shards.partitions import bounds, describe
from shards.partitions.describe import DefaultRows
from shards.partitions.facts import PartitionedTable, PartitionsFacts

QUERIES = Path(__file__).parent / "sql"
TABLES, PARTITIONS, HYPERTABLES, CHUNKS = (
    (QUERIES / f"{name}.sql").read_text().encode() for name in ("all_tables", "all_partitions", "hypertables", "chunks")
)
ABOUT = b"""SELECT current_database() AS database,
    coalesce((SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'), '') AS timescale,
    coalesce(current_setting('timescaledb.license', true), '') AS licence,
    to_regclass('novaops_schema.partition_plan') IS NOT NULL AS planned,
    to_regclass('partman.part_config') IS NOT NULL AS partman"""
PLANS = b"""SELECT table_schema || '.' || table_name AS name, extract(epoch FROM keep)::float8 / 86400 AS days
    FROM novaops_schema.partition_plan WHERE keep IS NOT NULL"""
PARTMAN = b"""SELECT parent_table AS name, extract(epoch FROM retention::interval)::float8 / 86400 AS days
    FROM partman.part_config WHERE retention ~ '[a-z]'"""


def survey(session: Session, now: datetime | None = None) -> PartitionsFacts:
    about = session.execute(ABOUT).fetchone() or {}
    moment = now or datetime.now(UTC)
    tables = native_tables(session, moment, _retention(session, about))
    if about["timescale"]:
        tables += hypertables(session, moment)
    return PartitionsFacts(
        database=about["database"],
        tables=tuple(tables),
        timescale=about["timescale"],
        timescale_licence=about["licence"] if about["timescale"] else "",
    )


def native_tables(session: Session, now: datetime, retention: dict[str, float]) -> list[PartitionedTable]:
    children: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for child in session.execute(PARTITIONS):
        children[child["parent"]].append(child)
    found = []
    for table in session.execute(TABLES).fetchall():
        own = children[table["oid"]]
        days = retention.get(f"{table['schema_name']}.{table['name']}")
        found.append(describe.native(table, own, now, _default_rows(session, table, own), days))
    return found


def hypertables(session: Session, now: datetime) -> list[PartitionedTable]:
    chunks: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for chunk in session.execute(CHUNKS):
        chunks[chunk["parent"]].append(chunk)
    rows = session.execute(HYPERTABLES).fetchall()
    return [describe.hypertable(row, chunks[f"{row['schema_name']}.{row['name']}"], now) for row in rows]


def _retention(session: Session, about: dict[str, Any]) -> dict[str, float]:
    """Days by full name, from NovaOps' own plan and from pg_partman's."""
    asked = ((about["planned"], PLANS), (about["partman"], PARTMAN))
    return {row["name"]: row["days"] for there, query in asked if there for row in session.execute(query)}


def _default_rows(session: Session, table: dict[str, Any], children: list[dict[str, Any]]) -> DefaultRows:
    default = next((child for child in children if bounds.parse(child["bound"]).kind == "default"), None)
    if default is None:
        return DefaultRows()
    name = sql.Identifier(default["schema_name"], default["name"])
    total = _count(session, sql.SQL("SELECT FROM {}").format(name))
    if not total or not table["key_column"]:
        return DefaultRows(total)
    return DefaultRows(total, _ahead(session, table, children, name))


def _ahead(session: Session, table: dict[str, Any], children: list[dict[str, Any]], default: sql.Identifier) -> int:
    """Rows that stand in the way of the next partition: their key is at or after the last partition's end."""
    kind = describe.key_kind(table, children)
    uppers = [bound.upper for bound in (bounds.parse(child["bound"]) for child in children) if bound.upper]
    last = max(uppers, key=lambda upper: describe.order(kind, upper), default="")
    if not last:
        return 0
    column = sql.Identifier(table["key_column"])
    return _count(session, sql.SQL("SELECT FROM {} WHERE {} >= {}").format(default, column, sql.Literal(last)))


def _count(session: Session, rows: sql.Composed) -> int:
    limited = sql.SQL("SELECT count(*) AS number FROM ({} LIMIT {}) AS counted")
    row = session.execute(limited.format(rows, sql.Literal(DEFAULT_ROWS_COUNTED))).fetchone()
    return int(row["number"]) if row else 0
