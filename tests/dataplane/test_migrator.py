"""The migrator on a real shard: fresh, resumed after a kill, two at once, and what was changed behind its back."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shards.dataplane import migrations, migrator, status
from shards.dataplane.addresses import ShardDatabase, leader
from shards.dataplane.migrations import Migration
from shards.dataplane.problems import DataPlaneProblem
from tests.waiting import wait_for

WANTED = migrations.load()


def quiet(_: str) -> None:
    """Nobody listens."""


def ask(shard: ShardDatabase, query: bytes) -> object:
    with leader(shard, "tests") as connection:
        row = connection.execute(query).fetchone()
        return row and row[0]


def test_a_fresh_shard_gets_everything_once(empty_shard: ShardDatabase) -> None:
    assert migrator.migrate(empty_shard, WANTED, quiet) == len(WANTED)
    assert migrator.migrate(empty_shard, WANTED, quiet) == 0
    found = status.read(empty_shard, WANTED)
    assert found.well, found.drift
    assert found.version == WANTED[-1].version
    assert ask(empty_shard, b"SELECT count(*) FROM resource_profiles") == 9
    assert ask(empty_shard, b"SELECT count(*) FROM vms_default") == 0


def test_before_the_first_migration_everything_is_pending(empty_shard: ShardDatabase) -> None:
    found = status.read(empty_shard, WANTED)
    assert (found.version, len(found.pending), found.drift) == (0, len(WANTED), ())


MIGRATE_SLOWLY = """
import sys
from novaops.inventory.targets import Login
from shards.dataplane import migrations, migrator
from shards.dataplane.addresses import ShardDatabase
from shards.dataplane.migrations import Migration
shard = ShardDatabase("x", {members!r}, {database!r}, Login({username!r}, sys.stdin.readline().strip()))
wanted = migrations.load()
sleeping = Migration(wanted[3].version, wanted[3].name, wanted[3].text + ";SELECT pg_sleep(600)")
migrator.migrate(shard, (*wanted[:3], sleeping, *wanted[4:]), print)
"""


def test_killed_in_the_middle_it_goes_on_where_it_was(empty_shard: ShardDatabase) -> None:
    program = MIGRATE_SLOWLY.format(
        members=empty_shard.members, database=empty_shard.database, username=empty_shard.login.username
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, text=True)
    assert child.stdin
    child.stdin.write(empty_shard.login.password + "\n")
    child.stdin.flush()
    asleep = b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    wait_for(lambda: ask(empty_shard, asleep) == 1, "the migrator to be inside the fourth migration")
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    with leader(empty_shard, "tests") as connection:  # PostgreSQL notices a dead client only when it writes to it
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event = 'PgSleep'"
        )
    assert status.read(empty_shard, WANTED).version == 3
    assert migrator.migrate(empty_shard, WANTED, quiet) == len(WANTED) - 3
    assert status.read(empty_shard, WANTED).well


def test_two_at_once_do_everything_once(empty_shard: ShardDatabase) -> None:
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(migrator.migrate, empty_shard, WANTED, quiet) for _ in range(2)]
    assert sorted(future.result() for future in futures) == [0, len(WANTED)]
    assert status.read(empty_shard, WANTED).well


def test_drift_is_named(migrated: ShardDatabase) -> None:
    with leader(migrated, "tests") as connection:
        connection.execute("ALTER TABLE vms_hot ADD COLUMN note text")
        connection.execute("DROP INDEX vms_tenant_newest")
        connection.execute("ALTER TABLE users NO FORCE ROW LEVEL SECURITY")
    said = [str(drift) for drift in status.read(migrated, WANTED).drift]
    assert any("public.vms_hot.note is there, but no migration made it" in each for each in said)
    assert any("vms_tenant_newest is missing" in each for each in said)
    assert any(each.startswith("table public.users is altered") for each in said)


def test_new_partitions_are_no_drift(migrated: ShardDatabase) -> None:
    ask(migrated, b"SELECT novaops_schema.ensure_partitions('vms', 'month', '2020-01-01', '2020-06-30')")
    assert status.read(migrated, WANTED).well


def test_an_applied_file_may_not_change(migrated: ShardDatabase) -> None:
    changed = (replace(WANTED[0], text=WANTED[0].text + "\n-- and more"), *WANTED[1:])
    assert status.read(migrated, changed).changed == ("0001_reference",)
    with pytest.raises(DataPlaneProblem, match=r"0001_reference\.sql was changed after it was applied"):
        migrator.migrate(migrated, changed, quiet)


def test_a_failing_migration_leaves_nothing(migrated: ShardDatabase) -> None:
    broken = Migration(9000, "broken", "CREATE TABLE half (id int); SELECT 1/0")
    with pytest.raises(DataPlaneProblem, match=r"9000_broken\.sql failed: division by zero"):
        migrator.migrate(migrated, (*WANTED, broken), quiet)
    assert ask(migrated, b"SELECT to_regclass('half')") is None
    assert status.read(migrated, WANTED).well


def test_without_a_transaction_each_statement_stands_alone(migrated: ShardDatabase) -> None:
    text = (
        f"{migrations.NO_TRANSACTION}\nCREATE INDEX CONCURRENTLY IF NOT EXISTS users_by_name ON users (name);\n"
        "-- next\nCREATE INDEX CONCURRENTLY IF NOT EXISTS users_by_role ON users (role);\n"
    )
    assert migrator.migrate(migrated, (*WANTED, Migration(9001, "indexes", text)), quiet) == 1
    assert ask(migrated, b"SELECT to_regclass('users_by_role') IS NOT NULL") is True
