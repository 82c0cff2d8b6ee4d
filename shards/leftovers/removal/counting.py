"""How many rows would go, and the keys of some of them."""

from typing import Any

from psycopg import sql
from psycopg.sql import Composed, Identifier, Literal

from shards.clients.postgres import Session
from shards.leftovers.looking_rows import limited, tenant_tables
from shards.leftovers.queries import VM_PARTS
from shards.leftovers.removal.facts import TableRows
from shards.leftovers.removal.order import children_first

SHOWN = 3


def tenant_rows(session: Session, tenant: str) -> tuple[TableRows, ...]:
    """The shared tables that hold rows of the tenant, in the order in which they can be deleted."""
    tables = tenant_tables(session)
    names = {table["oid"]: table["name"] for table in tables}
    refers = {table["name"]: [names[oid] for oid in table["refers_to"] if oid in names] for table in tables}
    by_name = {table["name"]: table for table in tables}
    counted = [_counted(session, by_name[name], of_tenant(tenant)) for name in children_first(by_name, refers)]
    return tuple(one for one in counted if one.rows != 0)


def vm_rows(session: Session, table: str) -> tuple[TableRows, ...]:
    known = next(one for one in tenant_tables(session) if one["name"] == table)
    return (_counted(session, known, without_vm(table)),)


def of_tenant(tenant: str) -> Composed:
    """A condition on a table that is called `part`."""
    return sql.SQL("part.tenant_id = {}").format(Literal(tenant))


def without_vm(table: str) -> Composed:
    """The same for rows whose VM is not there; younger ones may still get theirs."""
    vm, at = VM_PARTS[table]
    return sql.SQL(
        "part.{} < now() - interval '1 hour' AND NOT EXISTS"
        " (SELECT FROM public.vms v WHERE v.tenant_id = part.tenant_id AND v.id = part.{})"
    ).format(Identifier(at), Identifier(vm))


def _counted(session: Session, table: dict[str, Any], condition: Composed) -> TableRows:
    sample, late = list[str](), list[str]()
    keys = sql.SQL(", ").join(sql.SQL("part.{}").format(Identifier(key)) for key in table["keys"] or ["tenant_id"])
    query = sql.SQL("SELECT concat_ws(' ', {}) AS key FROM {} AS part WHERE {} LIMIT {}").format(
        keys, Identifier("public", table["name"]), condition, Literal(SHOWN)
    )
    with limited(session, table["name"], late):
        sample += [row["key"] for row in session.execute(query)]
    rows = count_of(session, table["name"], condition) if sample or late else 0
    return TableRows(table=table["name"], rows=rows, sample=tuple(sample))


def count_of(session: Session, table: str, condition: Composed) -> int | None:
    """None where it takes too long."""
    row: dict[str, Any] | None = None
    query = sql.SQL("SELECT count(*) AS rows FROM {} AS part WHERE {}").format(Identifier("public", table), condition)
    with limited(session, table, []):
        row = session.execute(query).fetchone()
    return row["rows"] if row else None
