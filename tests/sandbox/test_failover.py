"""The promise of the pools, on the running test fleet: they lead to the leader, whoever that is."""

from pathlib import Path

import psycopg

from novaops.sandbox import account, binaries, choices, shard_health
from novaops.sandbox.control import Client
from novaops.sandbox.servers import pgbouncer
from novaops.sandbox.site import Site
from tests.waiting import wait_for


def written_by(dsn: str) -> int:
    """The port of the server that accepted a write through the pool; an error while none does."""
    with (
        psycopg.connect(dsn, connect_timeout=2, autocommit=True, prepare_threshold=None) as connection,
        connection.transaction(),
    ):
        connection.execute("CREATE TEMPORARY TABLE written ON COMMIT DROP AS SELECT 1")
        row = connection.execute("SELECT inet_server_port()").fetchone()
    assert row is not None
    return int(row[0])


def test_a_pool_follows_when_its_leader_is_killed_and_the_shard_becomes_whole_again(
    sandbox: Client, state: Path
) -> None:
    layout = choices.load(state).layout(state)
    site = Site(layout, binaries.find(layout), account.find(state))
    shard = layout.shards[-1]
    # The console's role: it owns the database, so it may make temporary tables.
    dsn = pgbouncer.admin_dsn(site, shard).replace("/pgbouncer", "/primary")
    wait_for(lambda: shard_health.incomplete(shard) is None, "a whole shard to begin with", seconds=120)
    former = written_by(dsn)
    leader = next(member.name for member in shard.members if member.postgres == former)
    sandbox.kill(leader, tree=True)
    wait_for(lambda: written_by(dsn) != former, "the pool to lead to a new leader", seconds=90)
    wait_for(lambda: shard_health.incomplete(shard) is None, "three members in their roles", seconds=150)
    assert shard_health.misled(site, shard) is None
