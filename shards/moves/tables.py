"""The tables that a tenant owns on a shard, as the catalog describes them."""

from dataclasses import dataclass
from enum import StrEnum

from psycopg import sql

TENANT = "tenant_id"


class Engine(StrEnum):
    """What holds a table's rows: itself, its native partitions, or the chunks of TimescaleDB."""

    PLAIN = "plain"
    PARTITIONED = "partitioned"
    HYPERTABLE = "hypertable"


@dataclass(frozen=True, slots=True)
class Column:
    """`type` as format_type writes it. `portable`: values of it mean the same in binary form on another server (its
    type, and what that is made of, has an oid that every server shares). `generated`: computed, never written.
    `identity`: "always" or "by default", empty for all others."""

    name: str
    type: str
    not_null: bool = False
    portable: bool = True
    generated: bool = False
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or the root of a partitioned one. `key` are the columns of its replica identity or primary key, in the
    index's order; empty when it has none that could be used. `unusable` says in a sentence why its rows cannot be
    moved; empty when they can. In a tenant's own schema all rows are the tenant's; rows of a shared one are told apart
    by `tenant_id`. `along` is the column by which a hypertable is cut into chunks."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    shared: bool = True
    engine: Engine = Engine.PLAIN
    unusable: str = ""
    along: str = ""

    @property
    def full_name(self) -> str:
        """As `arrival_chunks.table_name` has it."""
        return f"{self.schema}.{self.name}"

    @property
    def partitioned(self) -> bool:
        return self.engine is Engine.PARTITIONED

    @property
    def divided(self) -> bool:
        """Its rows lie in other relations, which are read through it."""
        return self.engine is not Engine.PLAIN

    @property
    def written(self) -> tuple[Column, ...]:
        """The columns that are copied: all but those that PostgreSQL computes."""
        return tuple(column for column in self.columns if not column.generated)

    @property
    def portable(self) -> bool:
        return all(column.portable for column in self.written)

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    @property
    def mine(self) -> sql.Composable:
        """A condition that chooses the tenant's rows; its parameter is `tenant`."""
        return sql.SQL("tenant_id = %(tenant)s") if self.shared else sql.SQL("%(tenant)s::text IS NOT NULL")

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)
