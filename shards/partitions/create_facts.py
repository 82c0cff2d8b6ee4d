"""What a plan to create partitions rests on: one table as the leader's catalog tells it."""

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Child(_Frozen):
    """A partition that exists; `bound` is PostgreSQL's own text of it. `kind` is relkind: p is partitioned itself. The
    `comment` of one that NovaOps made names the operation."""

    schema_name: str
    name: str
    bound: str
    kind: str = "r"
    comment: str = ""
    row_security: bool = False
    forced_row_security: bool = False
    indexes: int = 0


class TableFacts(_Frozen):
    """`kind`: partitioned, hypertable, table, or missing. `indexes` are the parent's. `zone` is the database's."""

    schema_name: str
    name: str
    kind: str = "missing"
    strategy: str = ""
    key_columns: tuple[str, ...] = ()
    key_type: str = ""
    zone: str = "UTC"
    indexes: int = 0
    children: tuple[Child, ...] = ()
    relations: frozenset[str] = frozenset()
    """Names that are taken already in the schema of its partitions."""

    @property
    def full_name(self) -> str:
        return f"{self.schema_name}.{self.name}"


class Held(_Frozen):
    """The default partition's rows inside the new range; None and a problem where they could not be counted in time."""

    name: str = ""
    inside: int | None = 0
    problem: str = ""


class CreateFacts(_Frozen):
    """`problem` is set when no leader answered; `server` is the leader that did, `fenced` that it has fences."""

    shard: str
    server: str = ""
    problem: str = ""
    fenced: bool = True
    table: TableFacts
    held: Held = Field(default_factory=Held)
