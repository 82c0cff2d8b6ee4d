"""What a shard's leader says of things that may be left behind. Nothing is judged here: what is in use is told too."""

from datetime import datetime

from pydantic import Field

from metrics.contract import Facts


class SlotTrace(Facts):
    """`inactive_since` is told by PostgreSQL 17 and later; `xid_age` is how many transactions VACUUM is held back."""

    name: str
    kind: str
    plugin: str = ""
    database: str = ""
    active: bool = False
    temporary: bool = False
    wal_status: str = ""
    held_bytes: int | None = None
    xid_age: int | None = None
    inactive_since: datetime | None = None


class PublicationTrace(Facts):
    """`readers` counts the logical slots of its database: without one, nobody can read it."""

    database: str
    name: str
    owner: str
    ours: bool
    tables: int
    readers: int
    comment: str = ""


class SubscriptionTrace(Facts):
    database: str
    name: str
    owner: str
    ours: bool
    enabled: bool
    working: bool
    slot: str = ""
    comment: str = ""


class PreparedTrace(Facts):
    gid: str
    database: str
    owner: str
    ours: bool
    at: datetime
    xid_age: int = 0


class FenceTrace(Facts):
    console: str
    lock: str
    token: int
    operation: int
    at: datetime


class ArrivalTrace(Facts):
    """What a move keeps on the shard that receives a tenant's rows; `rows` are the parts and the keys with it."""

    stream: str
    tenant_id: str
    at: datetime
    rows: int = 0


class IndexTrace(Facts):
    database: str
    schema_name: str
    name: str
    table: str
    owner: str
    ours: bool
    oid: int
    bytes: int = 0
    comment: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.schema_name}.{self.name}"


class TableTrace(Facts):
    """`why`: detached, pending (its detachment was cut off) or unfinished. `rows` is an estimate, negative: never
    counted. `parent` is what it was, or looks like, a part of."""

    database: str
    schema_name: str
    name: str
    why: str
    owner: str
    ours: bool
    oid: int
    parent: str = ""
    bytes: int = 0
    rows: int = -1
    comment: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.schema_name}.{self.name}"


class HomelessTrace(Facts):
    """Rows of a tenant that the shard's own table of tenants does not know; `rows` counts to a limit."""

    tenant_id: str
    tables: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


class SchemaTrace(Facts):
    """A schema that is made like a tenant's own; `listed` when the shard's table of tenants names it."""

    name: str
    tenant_id: str = ""
    listed: bool = False
    bytes: int = 0


class VmRowsTrace(Facts):
    """Rows of a table whose VM is not there: `found` of `looked` rows, of about `total`."""

    table: str
    found: int
    looked: int
    total: int

    @property
    def sampled(self) -> bool:
        return self.looked < self.total

    @property
    def rows(self) -> int:
        return round(self.found * self.total / self.looked) if self.sampled and self.looked else self.found


class RowsFacts(Facts):
    """What takes longer to find: rows. The same meaning as in LeftoversFacts."""

    leads: bool = False
    homeless: tuple[HomelessTrace, ...] = ()
    schemas: tuple[SchemaTrace, ...] = Field(default=(), exclude=True)
    vm_rows: tuple[VmRowsTrace, ...] = ()
    not_looked: tuple[str, ...] = ()


class LeftoversFacts(Facts):
    """`leads` is False on a standby, which is not asked. `not_looked` says in sentences what was left out and why."""

    leads: bool = False
    database: str = ""
    fenced: bool = False
    slots: tuple[SlotTrace, ...] = ()
    publications: tuple[PublicationTrace, ...] = ()
    subscriptions: tuple[SubscriptionTrace, ...] = ()
    prepared: tuple[PreparedTrace, ...] = ()
    fences: tuple[FenceTrace, ...] = ()
    arrivals: tuple[ArrivalTrace, ...] = ()
    indexes: tuple[IndexTrace, ...] = ()
    tables: tuple[TableTrace, ...] = ()
    not_looked: tuple[str, ...] = ()
