"""What is known of the partitioned tables of a shard: every one, whoever made it and whatever its key is."""

from datetime import datetime
from enum import StrEnum

from metrics.contract import Facts


class Engine(StrEnum):
    NATIVE = "native"
    HYPERTABLE = "hypertable"


class KeyKind(StrEnum):
    """How the key says when. `year_month` is an integer such as 202401, `year_month_day` such as 20240131."""

    TIMESTAMP = "timestamp"
    DATE = "date"
    YEAR_MONTH = "year_month"
    YEAR_MONTH_DAY = "year_month_day"
    EPOCH_SECONDS = "epoch_seconds"
    EPOCH_MILLISECONDS = "epoch_milliseconds"
    INTEGER = "integer"
    OTHER = "other"

    @property
    def timed(self) -> bool:
        return self not in {KeyKind.INTEGER, KeyKind.OTHER}


class Strategy(StrEnum):
    RANGE = "range"
    LIST = "list"
    HASH = "hash"


class Partition(Facts):
    """One partition or chunk. `lower` and `upper` are the bounds as written; `begins` and `ends` the same as times,
    None where the key is no time or the bound is open. `rows` is PostgreSQL's estimate, -1: never analysed."""

    name: str
    schema_name: str = "public"
    lower: str = ""
    upper: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    default: bool = False
    bytes: int = 0
    rows: int = -1
    missing_indexes: tuple[str, ...] = ()


class Gap(Facts):
    """Between two neighbours: rows whose key lies here find no partition, or fall into the default one."""

    lower: str
    upper: str
    after: str
    before: str


class PartitionedTable(Facts):
    """`interval` in words ("1 month", "1 day") when all partitions agree. `runway_days` until the last partition ends,
    None where the key is no time. `default_rows` counts at most `metrics.thresholds.DEFAULT_ROWS_COUNTED`.
    `retention_days` and `past_retention` where a policy is known."""

    schema_name: str
    name: str
    engine: Engine
    strategy: Strategy
    key: str
    key_kind: KeyKind
    interval: str = ""
    interval_seconds: float | None = None
    partitions: tuple[Partition, ...] = ()
    gaps: tuple[Gap, ...] = ()
    has_default: bool = False
    default_name: str = ""
    default_rows: int = 0
    default_rows_ahead: int = 0
    ends: datetime | None = None
    runway_days: float | None = None
    retention_days: float | None = None
    past_retention: tuple[str, ...] = ()
    missing_indexes: tuple[str, ...] = ()
    bytes: int = 0
    rows: int = 0
    skew: float | None = None

    @property
    def full_name(self) -> str:
        return f"{self.schema_name}.{self.name}"


class PartitionsFacts(Facts):
    """All of one shard's database. `timescale` is the extension's version, empty where it is not installed. `leads` is
    False on a standby, which is not asked for its tables."""

    database: str
    leads: bool = True
    tables: tuple[PartitionedTable, ...] = ()
    timescale: str = ""
    timescale_licence: str = ""

    def table(self, full_name: str) -> PartitionedTable | None:
        return next((table for table in self.tables if table.full_name == full_name), None)
