"""What the plan of a move rests on: both shards as their leaders and Patroni tell, and what the console knows."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class GateFacts(_Frozen):
    """The tenant's row in `tenants`."""

    state: str
    epoch: int
    moved_to: str = ""


class ClusterFacts(_Frozen):
    """What Patroni says of a shard; `problem` when no member answered. `standby` is a synchronous one that streams."""

    problem: str = ""
    paused: bool = False
    leader: str = ""
    synchronous: bool = False
    standby: str = ""


class Server(_Frozen):
    """A leader as it tells about itself; `keep_mb` is max_slot_wal_keep_size, negative: without limit. `used_bytes` are
    those of all its tablespaces and its WAL; `disk_bytes` is how much its disk has by the fleet file, None: unknown."""

    wal_level: str
    slots: int
    slots_used: int
    senders: int
    senders_used: int
    keep_mb: int
    database_bytes: int
    used_bytes: int = 0
    disk_bytes: int | None = None
    writes_as_replica: bool
    may_replicate: bool
    version_number: int
    money: str
    encoding: str
    collation: str
    character_type: str

    @property
    def free_slots(self) -> int:
        return self.slots - self.slots_used

    @property
    def free_senders(self) -> int:
        return self.senders - self.senders_used

    @property
    def major(self) -> int:
        return self.version_number // 10_000


class LongTransaction(_Frozen):
    """`pid` is 0 for one that was prepared and belongs to no process."""

    pid: int
    user: str
    application: str
    query_start: datetime | None
    seconds: float
    writes: bool


class Side(_Frozen):
    """One shard. `problem` when its leader could not be asked: then nothing else is known of it. `state` is the shard's
    in the console; `version` that of its data plane."""

    shard: str
    state: str = ""
    problem: str = ""
    leader: str = ""
    version: int = 0
    gate: GateFacts | None = None
    server: Server | None = None
    cluster: ClusterFacts = ClusterFacts()
    long: tuple[LongTransaction, ...] = ()


class TableFacts(_Frozen):
    """`rows` and `bytes` are estimates; `unusable` says why its rows cannot be moved."""

    name: str
    key: tuple[str, ...] = ()
    unusable: str = ""
    rows: int = 0
    bytes: int = 0


class Difference(_Frozen):
    """One object that is not the same on both shards; empty: not there."""

    table: str
    what: str
    here: str = ""
    there: str = ""

    @property
    def matters(self) -> bool:
        """An index that no constraint rests on is only a question of speed."""
        return not self.what.startswith("index ")


class OtherMove(_Frozen):
    """A move of the same tenant that is not over."""

    operation: int
    phase: str
    phase_label: str
    way_back_until: datetime | None = None


class MoveFacts(_Frozen):
    """`problem` when there is nothing to ask about: no such tenant, no such shard. `occupied` names the tables of the
    target that hold rows of the tenant already."""

    tenant: str
    target: Side
    problem: str = ""
    isolation: str = "rows"
    schema_name: str = ""
    epoch: int = 0
    source: Side = Side(shard="")
    tables: tuple[TableFacts, ...] = ()
    differences: tuple[Difference, ...] = ()
    occupied: tuple[str, ...] = ()
    others: tuple[OtherMove, ...] = ()

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    @property
    def bytes(self) -> int:
        return sum(table.bytes for table in self.tables)
