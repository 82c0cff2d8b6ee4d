"""What the partitions page shows of each shard, from what is stored. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from metrics.contract import Finding, Seen, Severity, Snapshot
from metrics.thresholds import RUNWAY_CRITICAL_DAYS, RUNWAY_WARNING_DAYS
from novaops.ui.formats import human_number
from shards.partitions.facts import Engine, KeyKind, PartitionedTable, PartitionsFacts, Strategy
from shards.partitions.timeline import Timeline, timeline

PROBE = "partitions"
LISTED_MOST = 400
_KEYS = {
    KeyKind.YEAR_MONTH: "months as 202401",
    KeyKind.YEAR_MONTH_DAY: "days as 20240131",
    KeyKind.EPOCH_SECONDS: "epoch seconds",
    KeyKind.EPOCH_MILLISECONDS: "epoch milliseconds",
    KeyKind.INTEGER: "numbers",
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something about one table that a person should know."""

    severity: Severity
    sentence: str


@dataclass(frozen=True, slots=True)
class TableRow:
    table: PartitionedTable
    picture: Timeline
    notes: tuple[Note, ...]
    anchor: str

    @property
    def name(self) -> str:
        return self.table.full_name.removeprefix("public.")

    @property
    def severity(self) -> Severity | None:
        return max((note.severity for note in self.notes), default=None)

    @property
    def shape(self) -> str:
        """In words: what it is partitioned by, and how finely."""
        table = self.table
        kind = _KEYS.get(table.key_kind, "")
        each = f", {table.interval} each" if table.interval else ""
        return f"by {table.strategy} of {table.key}{f' ({kind})' if kind else ''}{each}"

    @property
    def engine(self) -> str:
        if self.table.engine == Engine.HYPERTABLE:
            return "TimescaleDB hypertable"
        return "native"

    @property
    def unit(self) -> str:
        return "chunks" if self.table.engine == Engine.HYPERTABLE else "partitions"

    @property
    def creatable(self) -> bool:
        """Whether the next partitions can be asked for."""
        return self.table.engine == Engine.NATIVE and self.table.strategy == Strategy.RANGE

    @property
    def runway_state(self) -> str:
        days = self.table.runway_days
        if days is None:
            return ""
        return "critical" if days < RUNWAY_CRITICAL_DAYS else "warning" if days < RUNWAY_WARNING_DAYS else "ok"

    @property
    def listed(self) -> tuple[object, ...]:
        return self.table.partitions[-LISTED_MOST:]

    @property
    def not_listed(self) -> int:
        return max(0, len(self.table.partitions) - LISTED_MOST)


@dataclass(frozen=True, slots=True)
class ShardRows:
    """`own` are the tables of tenants with a schema of their own, those that need a look first."""

    name: str
    seen: Seen | None
    old: bool
    shared: tuple[TableRow, ...] = ()
    own: tuple[TableRow, ...] = ()
    timescale: str = ""

    @property
    def own_noted(self) -> int:
        return sum((one.severity or 0) >= Severity.WARNING for one in self.own)

    @property
    def own_words(self) -> str:
        return f"{self.own_noted} need{'s' if self.own_noted == 1 else ''} a look"

    @property
    def rows(self) -> tuple[TableRow, ...]:
        return self.shared + self.own


def shards(seen: Snapshot, now: datetime) -> tuple[ShardRows, ...]:
    return tuple(_shard(shard.name, seen, now) for shard in seen.shards)


def _shard(name: str, snapshot: Snapshot, now: datetime) -> ShardRows:
    """The freshest good answer of its members: after a failover another one is the leader."""
    several = snapshot.of_probe(PROBE, name)
    good = [one for one in several if isinstance(one.facts, PartitionsFacts) and one.facts.leads]
    if not good:
        return ShardRows(name, several[0] if several else None, True)
    best = max(good, key=lambda one: one.good_at.timestamp() if one.good_at else 0.0)
    facts = best.facts
    assert isinstance(facts, PartitionsFacts)
    rows = [row(name, table, now) for table in facts.tables]
    shared = [one for one in rows if one.table.schema_name == "public"]
    own = [one for one in rows if one.table.schema_name != "public"]
    own.sort(key=lambda one: -(one.severity or 0))
    return ShardRows(name, best, best.is_old(now), tuple(shared), tuple(own), facts.timescale)


def row(shard: str, table: PartitionedTable, now: datetime) -> TableRow:
    anchor = f"{shard}-{table.full_name}".replace(".", "-")
    return TableRow(table, timeline(table, now), tuple(notes(table)), anchor)


def notes(table: PartitionedTable) -> Sequence[Note]:
    found = []
    if table.default_rows:
        ahead = f", {human_number(table.default_rows_ahead)} of them after the last" if table.default_rows_ahead else ""
        rows = f"{human_number(table.default_rows)} rows lie in {table.default_name}{ahead}"
        found.append(Note(Severity.WARNING, f"{rows}: they belong to no partition, and block the one that they need."))
    for gap in table.gaps[:3]:
        found.append(Note(Severity.WARNING, f"No partition from {gap.lower} to {gap.upper}."))
    if table.missing_indexes:
        names = ", ".join(table.missing_indexes[:3])
        found.append(Note(Severity.WARNING, f"Some partitions lack {len(table.missing_indexes)} indexes: {names}."))
    if table.past_retention:
        kept = human_number(table.retention_days)
        found.append(Note(Severity.INFO, f"{len(table.past_retention)} partitions are older than {kept} days."))
    return found


def shortest(several: Sequence[ShardRows]) -> tuple[ShardRows, TableRow] | None:
    """The table whose partitions end first."""
    timed = [(shard, one) for shard in several for one in shard.rows if one.table.runway_days is not None]
    return min(timed, key=lambda pair: pair[1].table.runway_days or 0.0, default=None)


def worst(found: Sequence[Finding]) -> Finding | None:
    return max(found, key=lambda one: one.severity, default=None)
