"""Replies of PgBouncer 1.18 and 1.24, both recorded from running pools, become the same types."""

import pytest

from shards.clients.pgbouncer_replies import Pool, PoolConnection, PoolConnections, PooledDatabase, PoolTraffic
from shards.pools.probes import KEPT_MOST, connections_of
from tests.replies import said

VERSIONS = ("1.18.0", "1.24.1")


def rows(version: str, what: str) -> list[dict[str, object]]:
    return [
        row for row in said(f"pgbouncer-{version}/{what}") if "pgbouncer" not in (row.get("database"), row.get("name"))
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_pools_and_databases(version: str) -> None:
    primary = Pool.from_row(rows(version, "pools")[0])
    assert (primary.database, primary.cl_active, primary.cl_waiting, primary.sv_active) == ("primary", 2, 3, 2)
    assert primary.servers == 2 and primary.maxwait_seconds > 1
    name = PooledDatabase.from_row(rows(version, "databases")[0])
    assert (name.pool_size, name.reserve_pool, name.force_user, name.pool_mode) == (2, 1, "postgres", "")
    assert name.current_clients == (None if version == "1.18.0" else 5)


@pytest.mark.parametrize("version", VERSIONS)
def test_traffic(version: str) -> None:
    replica = PoolTraffic.from_row(rows(version, "stats")[-1])
    assert replica.transactions_total and replica.transaction_us > 0 and replica.sent_per_second > 0
    assert replica.binds_total == (None if version == "1.18.0" else 14)


@pytest.mark.parametrize("version", VERSIONS)
def test_who_waits_longest_comes_first(version: str) -> None:
    clients = tuple(PoolConnection.from_row(row) for row in rows(version, "clients"))
    servers = tuple(PoolConnection.from_row(row) for row in rows(version, "servers"))
    facts = connections_of(PoolConnections(clients=clients, servers=servers, clients_total=6, servers_total=3))
    waits = [one.wait_seconds for one in facts.clients if one.state == "waiting"]
    assert [one.state for one in facts.clients[:4]] == ["waiting"] * 3 + ["active"]
    assert waits == sorted(waits, reverse=True) and waits[0] > 1
    assert facts.clients_by_state == {"waiting": 3, "active": 3}
    assert all(one.remote_pid and one.connected_at and one.connected_at.tzinfo for one in facts.servers)
    assert {one.prepared is None for one in facts.servers} == {version == "1.18.0"}


def test_only_some_of_many_are_kept() -> None:
    many = tuple(PoolConnection(state="active", wait_seconds=number) for number in range(KEPT_MOST + 9))
    facts = connections_of(PoolConnections(clients=many))
    assert len(facts.clients) == KEPT_MOST and facts.clients_by_state == {"active": KEPT_MOST + 9}
    assert facts.clients[0].wait_seconds == KEPT_MOST + 8
