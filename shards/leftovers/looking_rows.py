"""Asks a shard's leader for rows that belong to nobody. Each question has its own time limit: what takes longer is told
as not looked through, and a large table is looked at by a sample."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from shards.clients.postgres import Session
from shards.leftovers.queries import MOST, ROWS_COUNTED, VM_PARTS, VMS_LOOKED_AT, query, template
from shards.leftovers.traces import HomelessTrace, RowsFacts, SchemaTrace, VmRowsTrace

QUESTION_SECONDS = 4


def look_at_rows(session: Session) -> RowsFacts:
    here = session.execute(query("here")).fetchone() or {}
    if here["standby"] or not here["installed"]:
        return RowsFacts(leads=not here["standby"])
    problems: list[str] = []
    tables = tenant_tables(session)
    homeless = _homeless(session, tables, problems)
    return RowsFacts(
        leads=True,
        homeless=homeless,
        schemas=tuple(SchemaTrace.model_validate(row) for row in session.execute(query("schemas")).fetchmany(MOST)),
        vm_rows=tuple(_vm_rows(session, tables, problems)),
        not_looked=tuple(problems),
    )


def tenant_tables(session: Session) -> list[dict[str, Any]]:
    """The shared tables with a tenant_id, as sql/tenant_tables.sql tells them."""
    return session.execute(query("tenant_tables")).fetchall()


def _homeless(session: Session, tables: list[dict[str, Any]], problems: list[str]) -> tuple[HomelessTrace, ...]:
    rows: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for table in tables:
        if not table["indexed"]:
            problems.append(f"{table['name']} was not looked through: no index of it begins with tenant_id.")
            continue
        names = {"table": sql.Identifier("public", table["name"])}
        limits = {"most": sql.Literal(ROWS_COUNTED), "tenants": sql.Literal(MOST)}
        with limited(session, table["name"], problems):
            for row in session.execute(template("homeless").format(**names, **limits)):
                rows[row["tenant_id"]][table["name"]] = row["rows"]
    return tuple(HomelessTrace(tenant_id=tenant, tables=found) for tenant, found in sorted(rows.items()))[:MOST]


def _vm_rows(session: Session, tables: list[dict[str, Any]], problems: list[str]) -> Iterator[VmRowsTrace]:
    for table in tables:
        if table["name"] not in VM_PARTS:
            continue
        with limited(session, table["name"], problems):
            row = session.execute(vm_rows_query(table["name"], table["rows"])).fetchone()
            if row and row["found"]:
                total = max(table["rows"], row["looked"]) if table["rows"] > VMS_LOOKED_AT else row["looked"]
                yield VmRowsTrace(table=table["name"], found=row["found"], looked=row["looked"], total=total)


def vm_rows_query(table: str, total: int) -> sql.Composed:
    """The whole table, or of a large one as many pages as hold the number that is looked at."""
    vm, at = VM_PARTS[table]
    share = 100 * VMS_LOOKED_AT / max(total, 1)
    sample = sql.SQL("TABLESAMPLE SYSTEM ({})").format(sql.Literal(share)) if total > VMS_LOOKED_AT else sql.SQL("")
    return template("vm_rows").format(
        table=sql.Identifier("public", table), vm=sql.Identifier(vm), at=sql.Identifier(at), sample=sample
    )


@contextmanager
def limited(session: Session, table: str, problems: list[str]) -> Iterator[None]:
    """A transaction for one question, that sees every row or fails: row-level security would hide the others' rows."""
    try:
        with session.transaction():
            session.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(f"{QUESTION_SECONDS}s")))
            session.execute("SET LOCAL row_security = off")
            yield
    except (psycopg.errors.QueryCanceled, psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable) as cause:
        problems.append(f"{table} was not looked through: {cause.diag.message_primary}.")
