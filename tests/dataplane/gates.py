"""What tests of the gates do: tenants with a gate, cutovers step by step, and who waits for a gate."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from shards.dataplane.addresses import ShardDatabase, leader
from tests.waiting import wait_for

WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
"""


def add_tenant(
    shard: ShardDatabase, tenant: str, gate: str = "open", epoch: int = 1, schema: str | None = None
) -> None:
    with leader(shard, "tests") as connection:
        connection.execute(
            "INSERT INTO tenants (tenant_id, name, isolation, schema_name, gate, epoch, moved_to)"
            " VALUES (%s, 'x', %s, %s, %s, %s, %s)",
            (tenant, "schema" if schema else "rows", schema, gate, epoch, "shard-2" if gate == "away" else None),
        )


def flip(connection: psycopg.Connection, tenant: str, gate: str, epoch: int) -> None:
    connection.execute(
        "UPDATE tenants SET gate = %s, epoch = %s, moved_to = %s WHERE tenant_id = %s",
        (gate, epoch, "shard-2" if gate == "away" else None, tenant),
    )


@contextmanager
def cutover(shard: ShardDatabase, tenant: str) -> Iterator[psycopg.Connection]:
    """The sender's transaction, which has waited until nobody is inside; it commits at the end."""
    with leader(shard, "tests") as connection, connection.transaction():
        for lock in ("bulk_key()", "gate_key(%(tenant)s)"):
            connection.execute(f"SELECT pg_advisory_xact_lock(novaops_schema.{lock})".encode(), {"tenant": tenant})
        yield connection


def wait_for_waiters(shard: ShardDatabase, count: int) -> None:
    with leader(shard, "tests") as connection:
        wait_for(lambda: connection.execute(WAITING.encode()).fetchone() == (count,), f"{count} to wait at the gate")


@contextmanager
def refused(detail: dict[str, object]) -> Iterator[None]:
    """What is done inside must be refused with this detail."""
    with pytest.raises(psycopg.Error) as caught:
        yield
    assert caught.value.sqlstate == "NV001", caught.value
    assert json.loads(caught.value.diag.message_detail or "null") == detail


def enter(connection: psycopg.Connection, tenant: str, epoch: int = 1) -> None:
    connection.execute("SELECT novaops_schema.enter(%s, %s)", (tenant, epoch))


def write(connection: psycopg.Connection, tenant: str, table: str = "vms_cold") -> None:
    connection.execute(f"INSERT INTO {table} (tenant_id, id) VALUES (%s, gen_random_uuid())".encode(), (tenant,))


def rows(shard: ShardDatabase, tenant: str) -> int:
    """Of vms_cold."""
    with leader(shard, "tests") as connection:
        row = connection.execute("SELECT count(*) FROM vms_cold WHERE tenant_id = %s", (tenant,)).fetchone()
    assert row
    return int(row[0])
