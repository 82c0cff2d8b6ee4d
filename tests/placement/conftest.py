"""A router that goes through the real pools, with databases of the tests' own left out: it reads what the fleet has."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context
from psycopg.conninfo import make_conninfo

from novaops.fleets.models import Fleet
from novaops.inventory.selectors import shards
from shards.placement.console_router import pool_address
from shards.placement.places import PoolAddress
from tests import on_shard

Leaders = dict[str, psycopg.Connection[Any]]


@pytest.fixture
def pools(live_fleet: Fleet) -> Iterator[dict[str, PoolAddress]]:
    with tenant_context(live_fleet):
        yield {shard.name: pool_address(shard.name) for shard in shards()}


@pytest.fixture
def leaders(live_fleet: Fleet) -> Iterator[Leaders]:
    """A session on each shard's leader; the tests' tenants, who have `of router tests` in their names, are gone
    afterwards."""
    with tenant_context(live_fleet), ExitStack() as stack:
        found = {shard.name: stack.enter_context(on_shard.session(shard.name)) for shard in shards()}
        for session in found.values():
            forget_tenants(session)
            stack.callback(forget_tenants, session)
        yield found


def forget_tenants(session: psycopg.Connection[Any]) -> None:
    session.execute("SET session_replication_role = replica")
    for table in ("vms_cold", "tenants"):
        session.execute(f"DELETE FROM {table} WHERE tenant_id LIKE '%% of router tests'".encode(), ())
    session.execute("RESET session_replication_role")


@dataclass(frozen=True)
class Replay:
    """Of the replica that the first shard's pool leads to. Its process is frozen, since Patroni ends within a cycle
    what pg_wal_replay_pause() asks for."""

    replica: psycopg.Connection[Any]
    process: int

    def freeze(self) -> None:
        os.kill(self.process, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process, signal.SIGCONT)

    def is_behind(self) -> bool:
        behind = "SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()"
        return self.replica.execute(behind).fetchone() == (True,)


@pytest.fixture
def replay(state: Path, pools: dict[str, PoolAddress]) -> Iterator[Replay]:
    """Goes on afterwards."""
    with psycopg.connect(make_conninfo(**pools["shard-1"].replica), autocommit=True, prepare_threshold=None) as pooled:
        row = pooled.execute("SELECT host(inet_server_addr()), inet_server_port(), current_database()").fetchone()
    assert row
    with psycopg.connect(
        host=row[0],
        port=row[1],
        dbname=row[2],
        user="postgres",
        password=(state / "secrets" / "postgres").read_text().strip(),
        autocommit=True,
    ) as superuser:
        found = superuser.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'").fetchone()
        assert found
        startup = Replay(superuser, found[0])
        yield startup
        startup.go_on()
