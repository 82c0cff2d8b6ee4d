"""A Memcached server out and in again, on real servers: applications that run learn it, and nothing old comes back."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from caching.console_tiers import l1_of, tiers_of
from caching.library.left_out import LeftOut
from caching.library.tiers import Tiers
from caching.members.facts import MembersFacts, MemberState
from caching.members.plan import MemberParameters, plan_in, plan_out
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server
from novaops.inventory.selectors import target
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.problems import NotAllowed
from novaops.operations.runner import execute
from tests.caching.held import keys_of
from tests.conftest import MakePerson
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
SERVER = "memcached-2"
THREE = tuple(MemberState(name=f"m-{n}", address=f"h:{n}", items=10 * n) for n in (1, 2, 3))


@pytest.fixture
def tiers(live_fleet: Fleet) -> Iterator[Tiers]:
    """Of an application that runs on; everybody uses every server again afterwards."""
    found = tiers_of(live_fleet)
    yield found
    found.close()
    l1 = l1_of(live_fleet)
    LeftOut(l1).tell(())
    l1.close()


def done(person: MakePerson, kind: str, **parameters: Any) -> Operation:
    operator = person("operator")
    operation = services.request(kind, parameters, operator, "Maintenance of a server.")
    assert operation.status == Status.PLANNED, operation.outcome
    services.confirm(operation, operator, operation.plan.confirm)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == Status.DONE, operation.outcome
    return operation


def fill(tiers: Tiers, tenant: str) -> None:
    for number in range(60):
        tiers.get_or_compute("agg", tenant, str(number), partial(str, number))


def held(tenant: str) -> int:
    return sum(tenant.encode() in key for key in keys_of(target("memcached", SERVER)))


def test_a_server_goes_out_and_comes_back_empty(live_fleet: Fleet, person: MakePerson, tiers: Tiers) -> None:
    before, meanwhile, after = (f"members-{uuid4()}" for _ in range(3))
    with tenant_context(live_fleet):
        fill(tiers, before)
        assert held(before) > 0
        operation = done(person, "memcached-out", server=SERVER)
        assert Server.objects.get(name=SERVER).out
        fill(tiers, meanwhile)
        assert held(meanwhile) == 0
        back = services.take_back(operation, person("operator"), "It is maintained.")
        assert (back.kind, back.status) == ("memcached-in", Status.PLANNED)
        services.confirm(back, person("operator"), back.plan.confirm)
        execute(back.pk)
        assert held(before) == 0 and not Server.objects.get(name=SERVER).out
        fill(tiers, after)
        wait_for(lambda: held(after) > 0, "the server to be used again")


def test_an_application_that_starts_meanwhile_knows_it(live_fleet: Fleet, person: MakePerson, tiers: Tiers) -> None:
    with tenant_context(live_fleet):
        done(person, "memcached-out", server=SERVER)
        late = tiers_of(live_fleet)
        tenant = f"members-{uuid4()}"
        fill(late, tenant)
        assert held(tenant) == 0
        late.close()
        assert services.request(
            "memcached-out", {"server": SERVER}, person("operator"), "Twice."
        ).outcome == "Nothing to do."  # fmt: skip


def test_the_last_one_stays(live_fleet: Fleet) -> None:
    alone = MembersFacts(members=(THREE[0], *(one.model_copy(update={"out": True}) for one in THREE[1:])))
    refused = plan_out(MemberParameters(server="m-1"), alone)
    assert [check.name for check in refused.refusals] == ["Others serve"]


def test_the_effect_is_said_before() -> None:
    plan = plan_out(MemberParameters(server="m-3"), MembersFacts(members=THREE, hits_per_second=100.0))
    assert plan.blast.summary.startswith("50\u00a0% of L2's items are missed once")
    assert "Up to 50/s more reads reach the database" in plan.blast.summary
    silent = THREE[2].model_copy(update={"problem": "No answer within 3 s.", "out": True})
    assert not plan_in(MemberParameters(server="m-3"), MembersFacts(members=(*THREE[:2], silent))).runnable


def test_who_only_watches_may_not(live_fleet: Fleet, person: MakePerson) -> None:
    with tenant_context(live_fleet), pytest.raises(NotAllowed):
        services.request("memcached-out", {"server": SERVER}, person("viewer"), "I may not.")
