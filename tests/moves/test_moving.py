"""A real move there and back while clients write: nothing is lost, doubled or elsewhere, and nobody sees an error."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.choices import Status
from shards.placement.console_router import pool_address
from shards.placement.places import Place
from shards.placement.router import Router
from tests.conftest import MakePerson
from tests.moves import tenants, two_shards
from tests.moves.ledger import tables
from tests.moves.ledger.checking import check
from tests.moves.ledger.clients import at_work
from tests.moves.test_move import carried_out
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
MOVED = two_shards.in_shared_tables("novaops moving tests", 1)
STAYS = {"novaops stays here": MOVED.sender, "novaops stays there": MOVED.receiver}
GONE = "DELETE FROM tenants WHERE tenant_id LIKE 'novaops stays %'"


@pytest.fixture
def leaders(live_fleet: Fleet) -> Iterator[dict[str, tenants.Leader]]:
    with tenant_context(live_fleet), ExitStack() as stack:
        sender, receiver = stack.enter_context(tenants.placed(MOVED, vms=50))
        found = {MOVED.sender: sender, MOVED.receiver: receiver}
        stack.callback(tables.drop, found.values())
        tables.create(found.values())
        tables.open_accounts(sender, MOVED.tenant_id)
        for leader in found.values():
            leader.execute(GONE)
            stack.callback(leader.execute, GONE)
        for tenant, shard in STAYS.items():
            found[shard].execute("INSERT INTO tenants (tenant_id, name) VALUES (%s, %s)", (tenant, tenant))
            tables.open_accounts(found[shard], tenant)
        yield found


@pytest.fixture
def router(leaders: dict[str, tenants.Leader]) -> Iterator[Router]:
    pools = {name: pool_address(name) for name in leaders}
    found = Router(lambda tenant: Place(tenant, STAYS.get(tenant, MOVED.sender), 1), pools, connections=10)
    yield found
    found.close()


def test_nothing_is_lost(
    live_fleet: Fleet, person: MakePerson, leaders: dict[str, tenants.Leader], router: Router
) -> None:
    tenant = MOVED.tenant_id
    with at_work(router, {tenant: 8, **dict.fromkeys(STAYS, 1)}, every=0.1) as records:
        there = carried_out(person, "tenant-move", tenant=tenant, target=MOVED.receiver)
        assert there.status == Status.DONE, there.outcome
        wait_for(lambda: records[tenant].writes[-1].epoch == 2, "clients to go on there")
        back = carried_out(person, "tenant-move-back", operation=there.pk)
        assert back.status == Status.DONE, back.outcome
        wait_for(lambda: records[tenant].writes[-1].epoch == 3, "clients to go on here")
    assert check(records[tenant], leaders, MOVED.sender) == []
    for other, shard in STAYS.items():
        assert check(records[other], leaders, shard) == []
    assert {write.epoch for write in records[tenant].writes} == {1, 2, 3}
