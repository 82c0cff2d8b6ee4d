"""Partitions of shared tables: those in which the tenant has rows exist with the same bounds on the shard that
receives, as far as they fit between those that it has. What does not fit falls into its default partition, as it does
for rows that its applications write there."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.sql import SQL, Composable, Identifier

from novaops.operations.contract import PermanentProblem, StepContext
from shards.clients.postgres import Session
from shards.fences import mark, writing
from shards.moves.catalog import tables_of
from shards.moves.streams import Stream
from shards.moves.tables import Table
from shards.partitions import catalog, ddl
from shards.partitions.create_facts import Child
from shards.partitions.undoing import holds_rows

DEFAULT = "DEFAULT"


@dataclass(frozen=True, slots=True)
class Like:
    """A partition as the sender has it: its bound in PostgreSQL's own words."""

    schema_name: str
    name: str
    words: str

    @property
    def bound(self) -> Composable:
        return SQL(self.words)


def follow(context: StepContext, sender: Session, receiver: Session, stream: Stream) -> None:
    """Creates those that are missing; PermanentProblem when rows would have no place at all."""
    for table in tables_of(sender, stream):
        if table.partitioned:
            there = catalog.children_by_name(receiver, table.schema, table.name)
            for child in _missing(sender, stream, table, there):
                _create(context, receiver, table, child, there)


def take_back(context: StepContext, receiver: Session, stream: Stream) -> None:
    """Those of this operation that hold no rows are gone again."""
    for table in tables_of(receiver, stream):
        if table.partitioned:
            for child in catalog.children_by_name(receiver, table.schema, table.name).values():
                if child.comment == str(mark(context)):
                    _retire(context, receiver, table, child)


def _missing(sender: Session, stream: Stream, table: Table, there: dict[str, Child]) -> Iterator[Child]:
    bounds = {child.bound for child in there.values()}
    for child in catalog.children_by_name(sender, table.schema, table.name).values():
        if child.bound not in bounds | {DEFAULT} and _has_rows(sender, stream, child):
            yield child


def _has_rows(sender: Session, stream: Stream, child: Child) -> bool:
    query = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE tenant_id = %s) AS has").format(_name(child))
    row = sender.execute(query, (stream.tenant_id,)).fetchone()
    return bool(row and row["has"])


def _create(context: StepContext, receiver: Session, table: Table, child: Child, there: dict[str, Child]) -> None:
    default = next((other for other in there.values() if other.bound == DEFAULT), None)
    siblings = [other.name for other in there.values() if other.kind == "r" and other is not default]
    like = max(siblings, default=default.name if default else "")
    new = Like(child.schema_name, child.name, child.bound)
    if child.kind != "r":
        _leave_to_default(context, table, child, default, "it is partitioned itself")
        return
    try:
        ddl.create(receiver, context, (table.schema, table.name), new, like)
        context.log(f"{table.full_name} has a partition {child.name} now, as on the shard that the tenant leaves.")
    except (psycopg.errors.CheckViolation, psycopg.errors.InvalidObjectDefinition, psycopg.errors.DuplicateTable) as no:
        _leave_to_default(context, table, child, default, str(no.diag.message_primary))


def _leave_to_default(context: StepContext, table: Table, child: Child, default: Child | None, why: str) -> None:
    if default is None:
        raise PermanentProblem(
            f"{table.full_name} needs a place for rows of the tenant, {child.bound.removeprefix('FOR VALUES ')}, and"
            f" {child.name} cannot be made: {why}. Make one by hand, then go on."
        )
    context.log(f"{child.name} cannot be made ({why}): the rows fall into {default.name}.")


def _retire(context: StepContext, receiver: Session, table: Table, child: Child) -> None:
    parent = (table.schema, table.name)
    with writing(receiver, context):
        receiver.execute(sql.SQL("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE").format(table.identifier))
        if not holds_rows(receiver, child):
            ddl.retire(receiver, parent, (child.schema_name, child.name))


def _name(child: Child) -> Identifier:
    return Identifier(child.schema_name, child.name)
