"""Patroni's own scheduled switchover, put on its list and taken off again."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.selectors import targets_of
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster
from shards.exceptions import Refused
from shards.replication.scheduled_by import scheduled_by
from tests.conftest import MakePerson
from tests.waiting import wait_for

SHARD = "shard-2"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(live_fleet: Fleet) -> Iterator[Patroni]:
    with tenant_context(live_fleet):
        found = Patroni(targets_of(SHARD, "patroni")[0])
        wait_for(lambda: _candidate(found.cluster()), "a synchronous standby")
        yield found
        with suppress(Refused):
            found.cancel_switchover()


def _candidate(cluster: Cluster) -> str:
    return next((member.name for member in cluster.members if member.synchronous), "")


def requested(person: MakePerson, at: str, candidate: str, *, kind: str = "switchover-schedule") -> Operation:
    wanted = {"shard": SHARD, "candidate": candidate, "at": at}
    return services.request(kind, wanted, person("operator"), "Maintenance.")


def carried_out(operation: Operation, person: MakePerson) -> Operation:
    if services.confirm(operation, person("operator"), operation.plan.confirm).status == "waiting":
        services.approve(operation, person("approver"))
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "done", operation.outcome
    return operation


def test_it_is_put_on_patronis_list_and_taken_off_again(api: Patroni, person: MakePerson) -> None:
    candidate, at = _candidate(api.cluster()), datetime(2031, 1, 31, 3, tzinfo=UTC)
    operation = carried_out(requested(person, "2031-01-31 03:00", candidate), person)
    there = api.cluster().scheduled_switchover
    assert there and (there.candidate, there.at) == (candidate, at)
    assert scheduled_by(SHARD, there) == operation
    assert scheduled_by(SHARD, there.model_copy(update={"at": at + timedelta(days=1)})) is None
    again = requested(person, "2031-02-28 03:00", candidate)
    assert again.status == "refused" and "Take it off first." in again.outcome
    off = services.take_back(operation, person("operator"), "Not that night.")
    assert off.kind == "switchover-unschedule"
    carried_out(off, person)
    assert api.cluster().scheduled_switchover is None and scheduled_by(SHARD, there) is None
    nothing = services.request("switchover-unschedule", {"shard": SHARD}, person("operator"), "Once more.")
    assert (nothing.status, nothing.outcome) == ("done", "Nothing to do.")


def test_a_time_that_has_passed_is_refused_with_what_is_allowed(api: Patroni, person: MakePerson) -> None:
    past = (timezone.now() - timedelta(hours=1)).isoformat()
    refused = requested(person, past, _candidate(api.cluster()))
    assert refused.status == "refused"
    assert "has passed: any time from " in refused.outcome and "on is allowed." in refused.outcome
    assert api.cluster().scheduled_switchover is None
