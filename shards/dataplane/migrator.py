"""Brings one shard to the wanted schema, one recorded migration after the other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import errors

from shards.dataplane import catalog
from shards.dataplane.addresses import ShardDatabase, leader
from shards.dataplane.migrations import Migration
from shards.dataplane.patience import patiently
from shards.dataplane.problems import DataPlaneProblem

BOOKKEEPING = (Path(__file__).parent / "queries" / "bookkeeping.sql").read_text()
# The lock only keeps two migrators from waiting inside each other's transactions; it vanishes with a failover. What
# counts is the row of the migration, written in the migration's own transaction.
LOCK = 7_301_550_461
LOCK_SECONDS = 120

Report = Callable[[str], None]


def migrate(shard: ShardDatabase, migrations: Sequence[Migration], report: Report) -> int:
    """Apply what is missing; returns how many were applied. Safe to repeat after a kill at any instant."""
    with leader(shard, "dataplane migrate") as connection, _alone(connection, shard):
        connection.execute(BOOKKEEPING.encode())
        _remember_application(connection, shard)
        done = _applied(connection)
        refuse_changed(shard.shard, migrations, done)
        pending = [migration for migration in migrations if done.get(migration.version, ("", False))[1] is False]
        for migration in pending:
            _apply(connection, shard, migration)
            report(f"{shard.shard}: {migration.version:04} {migration.name}")
        _keep_ahead(connection)
        if pending or not catalog.expected(connection):
            catalog.remember(connection)
        return len(pending)


def refuse_changed(shard: str, migrations: Sequence[Migration], done: dict[int, tuple[str, bool]]) -> None:
    """DataPlaneProblem when a file that was applied has another text now."""
    for migration in migrations:
        checksum, finished = done.get(migration.version, ("", False))
        if finished and checksum != migration.checksum:
            raise DataPlaneProblem(
                f"{shard}: {migration.version:04}_{migration.name}.sql was changed after it was applied. "
                "Restore its text and write a new migration instead."
            )


@contextmanager
def _alone(connection: psycopg.Connection, shard: ShardDatabase) -> Iterator[None]:
    """Wait for another migrator of this shard to end, within a limit."""
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
    except errors.LockNotAvailable as error:
        raise DataPlaneProblem(
            f"{shard.shard}: another migrator has been at work for more than {LOCK_SECONDS} s. See its session in "
            "pg_stat_activity (application_name `novaops dataplane migrate`)."
        ) from error
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))


def _remember_application(connection: psycopg.Connection, shard: ShardDatabase) -> None:
    role = shard.application_role
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
        raise DataPlaneProblem(f"{shard.shard}: the applications' role {role} does not exist. Create it, then repeat.")
    connection.execute(
        "INSERT INTO novaops_schema.settings VALUES ('application_role', %s) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (role,),
    )


def _applied(connection: psycopg.Connection) -> dict[int, tuple[str, bool]]:
    """Checksum, and whether it was finished, by version."""
    rows = connection.execute(
        "SELECT version, checksum, finished_at IS NOT NULL FROM novaops_schema.migrations"
    ).fetchall()
    return {version: (checksum, finished) for version, checksum, finished in rows}


def _apply(connection: psycopg.Connection, shard: ShardDatabase, migration: Migration) -> None:
    try:
        if not migration.transactional:
            _run(connection, migration)
            return
        patiently(lambda: _in_a_transaction(connection, migration))
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise DataPlaneProblem(
            f"{shard.shard}: {migration.version:04}_{migration.name}.sql failed: {reason}"
        ) from error


def _in_a_transaction(connection: psycopg.Connection, migration: Migration) -> None:
    with connection.transaction():
        connection.execute("SET LOCAL search_path = public")
        _run(connection, migration)


def _run(connection: psycopg.Connection, migration: Migration) -> None:
    if not _begin(connection, migration):
        return
    for statement in migration.statements:
        connection.execute(statement.encode())
    connection.execute(
        "UPDATE novaops_schema.migrations SET finished_at = clock_timestamp() WHERE version = %s", (migration.version,)
    )


def _begin(connection: psycopg.Connection, migration: Migration) -> bool:
    """False when another migrator has finished it meanwhile (this waits for one that is in the middle of it)."""
    row = connection.execute(
        "INSERT INTO novaops_schema.migrations AS known (version, name, checksum) VALUES (%s, %s, %s) "
        "ON CONFLICT (version) DO UPDATE SET checksum = excluded.checksum, started_at = clock_timestamp() "
        "WHERE known.finished_at IS NULL RETURNING version",
        (migration.version, migration.name, migration.checksum),
    ).fetchone()
    return row is not None


def _keep_ahead(connection: psycopg.Connection) -> None:
    """The partitions of the coming time, once the migration that plans them is there."""
    if connection.execute("SELECT to_regproc('novaops_schema.ensure_ahead')").fetchone() != (None,):
        connection.execute("SELECT novaops_schema.ensure_ahead()")
