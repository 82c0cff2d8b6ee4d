"""Where a shard's schema stands: version, what is pending, what drifted."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from shards.dataplane import catalog
from shards.dataplane.addresses import ShardDatabase, leader
from shards.dataplane.catalog import Drift
from shards.dataplane.migrations import Migration


@dataclass(frozen=True, slots=True)
class Status:
    """One shard. `engine` says what keeps its metrics; `changed` are applied files whose text is another now."""

    shard: str
    version: int
    pending: tuple[str, ...]
    changed: tuple[str, ...]
    drift: tuple[Drift, ...]
    engine: str

    @property
    def well(self) -> bool:
        return not (self.pending or self.changed or self.drift)

    @property
    def sentence(self) -> str:
        troubles = [
            f"{len(self.pending)} pending" if self.pending else "",
            f"changed after being applied: {', '.join(self.changed)}" if self.changed else "",
            f"{len(self.drift)} objects drifted" if self.drift else "",
        ]
        said = "; ".join(trouble for trouble in troubles if trouble) or "up to date, no drift"
        return f"{self.shard}: version {self.version:04}, {said}; metrics in {self.engine}."


def read(shard: ShardDatabase, migrations: Sequence[Migration]) -> Status:
    """Ask the shard's leader."""
    with leader(shard, "dataplane status") as connection:
        done = _finished(connection)
        return Status(
            shard=shard.shard,
            version=max(done, default=0),
            pending=tuple(_file(each) for each in migrations if each.version not in done),
            changed=tuple(_file(each) for each in migrations if done.get(each.version, each.checksum) != each.checksum),
            drift=_drift(connection, done),
            engine=_engine(connection),
        )


def _file(migration: Migration) -> str:
    return f"{migration.version:04}_{migration.name}"


def _finished(connection: psycopg.Connection) -> dict[int, str]:
    if connection.execute("SELECT to_regclass('novaops_schema.migrations')").fetchone() == (None,):
        return {}
    rows = connection.execute("SELECT version, checksum FROM novaops_schema.migrations WHERE finished_at IS NOT NULL")
    return dict(rows.fetchall())


def _drift(connection: psycopg.Connection, done: dict[int, str]) -> tuple[Drift, ...]:
    expected = catalog.expected(connection) if done else {}
    if not expected:  # nothing to compare with before the first migration has ended
        return ()
    return catalog.compare(expected, catalog.read(connection)) + catalog.tenant_drift(connection)


def _engine(connection: psycopg.Connection) -> str:
    row = connection.execute(
        "SELECT extversion, current_setting('timescaledb.license', true) FROM pg_extension "
        "WHERE extname = 'timescaledb'"
    ).fetchone()
    if row is None:
        return "native daily partitions"
    return f"a hypertable (TimescaleDB {row[0]}, licence {row[1]})"
