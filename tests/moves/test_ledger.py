"""The workload that proves moves: it sees what is lost, doubled or elsewhere, and nothing where all is well."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.selectors import shards
from shards.placement.console_router import pool_address
from shards.placement.places import Place
from shards.placement.router import Router
from tests import on_shard
from tests.moves.ledger import by_hand, tables
from tests.moves.ledger.checking import check
from tests.moves.ledger.clients import Record, at_work, transfer_of
from tests.moves.ledger.measuring import latencies, measure_pause
from tests.moves.ledger.tables import Leader
from tests.waiting import wait_for

HOMES = {f"ledger {name}": shard for name, shard in (("a", "shard-1"), ("b", "shard-1"), ("c", "shard-2"))}
MOVER = "ledger a"
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'novacron_app' AND query ~ 'ledger_'"
GONE = "DELETE FROM tenants WHERE tenant_id LIKE 'ledger _'"


@pytest.fixture
def leaders(live_fleet: Fleet) -> Iterator[dict[str, Leader]]:
    with tenant_context(live_fleet), ExitStack() as stack:
        found = {shard.name: stack.enter_context(on_shard.session(shard.name)) for shard in shards()}
        tables.create(found.values())
        for name, leader in found.items():
            stack.callback(leader.execute, GONE)
            leader.execute(GONE)
            for tenant in (tenant for tenant, shard in HOMES.items() if shard == name):
                leader.execute("INSERT INTO tenants (tenant_id, name) VALUES (%s, %s)", (tenant, tenant))
                tables.open_accounts(leader, tenant)
        yield found
        tables.drop(found.values())


@pytest.fixture
def router(leaders: dict[str, Leader]) -> Iterator[Router]:
    pools = {name: pool_address(name) for name in leaders}
    found = Router(lambda tenant: Place(tenant, HOMES[tenant], 1), pools, connections=8)
    yield found
    found.close()


def test_nothing_is_lost_when_connections_are(leaders: dict[str, Leader], router: Router) -> None:
    """Then rows are lost, doubled and changed on purpose, and each is named."""
    with at_work(router, {MOVER: 4, "ledger b": 1, "ledger c": 1}) as records:
        for _ in range(3):
            here = len(records[MOVER].writes)
            wait_for(lambda: len(records[MOVER].writes) > here + 100, "clients to write")  # noqa: B023
            leaders["shard-1"].execute(OTHERS)
    for tenant, shard in HOMES.items():
        assert check(records[tenant], leaders, shard) == []
    writes = records[MOVER].writes
    assert latencies(writes).writes == len(writes) > 300 and measure_pause(writes).gap is None
    _spoil(leaders, records[MOVER])
    wrong = check(records[MOVER], leaders, "shard-1")
    assert len([each for each in wrong if each.startswith("Account ")]) == 2
    assert [each for each in wrong if not each.startswith("Account ")] == [
        "1 acknowledged lines of client 0 are lost, such as 2.",
        "1 acknowledged transfers are lost, such as client and number (0, 1).",
        "shard-2 still has rows of ledger a in ledger_lines: 1.",
    ]


def test_nothing_is_lost_when_the_tenant_moves(leaders: dict[str, Leader], router: Router) -> None:
    """There, back, and there again; nobody else's writes are in it, and no client sees an error."""
    with at_work(router, {MOVER: 8, "ledger b": 1, "ledger c": 1}) as records:
        for epoch, (sender, receiver) in enumerate((("shard-1", "shard-2"), ("shard-2", "shard-1")) * 2, start=2):
            here = len(records[MOVER].writes)
            wait_for(lambda: len(records[MOVER].writes) > here + 50, "clients to write")  # noqa: B023
            by_hand.move(leaders[sender], leaders[receiver], receiver, MOVER, epoch, tuple(reversed(tables.NAMES)))
            wait_for(lambda: records[MOVER].writes[-1].epoch == epoch, "clients to go on there")  # noqa: B023
    assert check(records[MOVER], leaders, "shard-1", also_on=["shard-2"]) == []
    for tenant in ("ledger b", "ledger c"):
        assert check(records[tenant], leaders, HOMES[tenant]) == []
    pause = measure_pause(records[MOVER].writes)
    assert {write.epoch for write in records[MOVER].writes} == {1, 2, 3, 4, 5}
    assert pause.gap is not None and pause.at is not None


def _spoil(leaders: dict[str, Leader], record: Record) -> None:
    """Without the gates, as somebody would who makes a mistake."""
    for leader in leaders.values():
        leader.execute("SET session_replication_role = replica")
    here, there = leaders["shard-1"], leaders["shard-2"]
    here.execute("DELETE FROM ledger_lines WHERE tenant_id = %s AND client = 0 AND number = 2", (record.tenant,))
    lost = transfer_of(record.tenant, 0, 1)
    here.execute("DELETE FROM ledger_transfers WHERE tenant_id = %s AND id = %s", (record.tenant, lost))
    there.execute("INSERT INTO ledger_lines VALUES (%s, 0, 1)", (record.tenant,))
