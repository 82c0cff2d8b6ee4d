"""What the leader's catalog says of one partitioned table, asked when an operation is planned and while it runs."""

from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shards.clients.postgres import Session
from shards.partitions.create_facts import Child, Held, TableFacts
from shards.partitions.planner import Piece

_KINDS = {"p": "partitioned", "r": "table"}
COUNT_SECONDS = 5


@cache
def statement(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text()


def read(session: Session, schema: str, table: str) -> TableFacts:
    """The table as it is now; kind "missing" when there is none of that name."""
    row = session.execute(statement("table"), {"schema": schema, "table": table}).fetchone()
    if row is None:
        return TableFacts(schema_name=schema, name=table)
    kind = "hypertable" if is_hypertable(session, schema, table) else _KINDS.get(row["kind"], "table")
    children = children_of(session, row["oid"])
    home = children[-1].schema_name if children else schema
    return TableFacts(
        schema_name=schema,
        name=table,
        kind=kind,
        strategy={"r": "range", "l": "list", "h": "hash"}.get(row["strategy"], ""),
        key_columns=tuple(row["key_columns"]),
        key_type=row["key_type"],
        zone=row["zone"],
        indexes=row["indexes"],
        children=children,
        relations=_relations(session, home),
    )


def children_of(session: Session, oid: int) -> tuple[Child, ...]:
    rows = session.execute(statement("children"), {"oid": oid}).fetchall()
    return tuple(Child(**{**row, "schema_name": row["schema"]}) for row in rows)


def children_by_name(session: Session, schema: str, table: str) -> dict[str, Child]:
    """The partitions by name; empty when the table is gone."""
    row = session.execute(statement("table"), {"schema": schema, "table": table}).fetchone()
    return {child.name: child for child in children_of(session, row["oid"])} if row else {}


def is_hypertable(session: Session, schema: str, table: str) -> bool:
    known = session.execute("SELECT to_regclass('timescaledb_information.hypertables') IS NOT NULL AS known").fetchone()
    if not known or not known["known"]:
        return False
    found = session.execute(
        "SELECT count(*) AS number FROM timescaledb_information.hypertables"
        " WHERE hypertable_schema = %s AND hypertable_name = %s",
        (schema, table),
    ).fetchone()
    return bool(found and found["number"])


def _relations(session: Session, schema: str) -> frozenset[str]:
    rows = session.execute(
        "SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s",
        (schema,),
    ).fetchall()
    return frozenset(row["name"] for row in rows)


def held_by_default(session: Session, table: TableFacts, pieces: tuple[Piece, ...]) -> Held:
    """How many rows the default partition holds inside the range that the pieces cover."""
    default = next((child for child in table.children if child.bound == "DEFAULT"), None)
    if default is None or not pieces:
        return Held()
    query = sql.SQL("SELECT count(*) AS rows FROM {table} WHERE {key} >= {lower} AND {key} < {upper}").format(
        table=sql.Identifier(default.schema_name, default.name),
        key=sql.Identifier(table.key_columns[0]),
        lower=sql.Literal(pieces[0].lower),
        upper=sql.Literal(pieces[-1].upper),
    )
    try:
        with session.transaction():
            session.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(f"{COUNT_SECONDS}s")))
            row: dict[str, Any] | None = session.execute(query).fetchone()
    except psycopg.errors.QueryCanceled:
        return Held(name=default.name, inside=None, problem=f"it took more than {COUNT_SECONDS} s.")
    return Held(name=default.name, inside=row["rows"] if row else 0)
