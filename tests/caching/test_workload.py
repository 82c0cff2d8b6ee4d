"""The application that keeps a fleet alive, through its caches and pools: users see no error while a tenant moves."""

from collections.abc import Iterator
from contextlib import ExitStack
from random import Random
from threading import Event, Thread

import pytest
from django_tenants.utils import tenant_context

from caching.console_tiers import tiers_of
from caching.workload import application
from caching.workload.application import Application
from caching.workload.users import JOBS, Customers, Users
from novaops.fleets.models import Fleet
from shards.placement.console_router import pool_address
from shards.placement.places import Place
from shards.placement.router import Router
from tests.moves import tenants, two_shards
from tests.moves.ledger import by_hand
from tests.waiting import wait_for

STREAM = two_shards.in_shared_tables("novaops workload tests", 1)
TENANT = STREAM.tenant_id
THERE, BACK = (STREAM.sender, STREAM.receiver), (STREAM.receiver, STREAM.sender)


@pytest.fixture
def leaders(live_fleet: Fleet) -> Iterator[dict[str, tenants.Leader]]:
    with tenant_context(live_fleet), two_shards.on_both(STREAM) as (sender, receiver):
        two_shards.enrol(sender, STREAM)
        tenants.fill(sender, STREAM, vms=40)
        yield {STREAM.sender: sender, STREAM.receiver: receiver}


@pytest.fixture
def router(leaders: dict[str, tenants.Leader]) -> Iterator[Router]:
    pools = {name: pool_address(name) for name in leaders}
    found = Router(lambda tenant: Place(tenant, STREAM.sender, 1), pools)
    yield found
    found.close()


class Crowd:
    """Users who ask for one thing after the other; `done` counts their requests by kind."""

    def __init__(self, users: Users) -> None:
        self.users, self.stopped = users, Event()
        self.done: list[str] = []
        self.errors: list[str] = []
        self.threads = [Thread(target=self._ask, args=(number,)) for number in range(4)]

    def __enter__(self) -> "Crowd":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def _ask(self, number: int) -> None:
        random, customers = Random(number), Customers((TENANT,))
        while not self.stopped.is_set():
            try:
                self.done.append(self.users.request(customers, random))
            except Exception as error:
                self.errors.append(f"{type(error).__name__}: {error}")

    def wait_for_jobs(self) -> None:
        here = len(self.done)
        wait_for(lambda: set(self.done[here:]) >= JOBS, "users to ask for everything")


def test_users_see_no_error_while_their_tenant_moves(
    live_fleet: Fleet, leaders: dict[str, tenants.Leader], router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "RETRY_SECONDS", 60.0)  # other tests load the machine
    with ExitStack() as stack:
        tiers = tiers_of(live_fleet, lambda tenant: router.place(tenant).shard)
        stack.callback(tiers.close)
        tiers.forget_tenant(TENANT)
        with Crowd(Users(Application(router, tiers))) as crowd:
            for epoch, (source, target) in enumerate((THERE, BACK, THERE), start=2):
                crowd.wait_for_jobs()
                by_hand.move(leaders[source], leaders[target], target, TENANT, epoch, tenants.TABLES)
            crowd.wait_for_jobs()
        assert crowd.errors == []
        assert router.place(TENANT) == Place(TENANT, STREAM.receiver, 4)
        shown = Application(router, tiers).total(TENANT, "vm_count")
    query = "SELECT gate, count(*) FROM tenants JOIN vms_hot USING (tenant_id) WHERE tenant_id = %s GROUP BY gate"
    assert leaders[STREAM.receiver].execute(query, (TENANT,)).fetchone() == ("open", shown["vms"])
